"""Cities made to order, for demos, training and load: streets first, then a power network along them."""

from storm.city.city import City, make_city, require_order
from storm.city.streets import Streets
from storm.city.streets_file import write_streets
from storm.city.writing import require_places, streets_path_beside, write_city

__all__ = [
    "City",
    "Streets",
    "make_city",
    "require_order",
    "require_places",
    "streets_path_beside",
    "write_city",
    "write_streets",
]
