"""The documentation is served by Relight itself: nothing of it is fetched from elsewhere."""

import re


def test_the_documentation_names_no_other_machine(quiet_world):
    client = quiet_world.client()
    page = client.get("/docs")
    assert page.status_code == 200
    assets = re.findall(r"""(?:src|href)=["']([^"']+)["']""", page.text)
    assert assets
    for asset in assets:
        assert asset.startswith("/static-offline-docs/"), asset
        assert client.get(asset).status_code == 200
    assert "http://" not in page.text
    assert "https://" not in page.text


def test_every_route_of_the_documentation_says_what_it_does(quiet_world):
    paths = quiet_world.client().get("/openapi.json").json()["paths"]
    silent = [
        (path, method)
        for path, operations in paths.items()
        for method, operation in operations.items()
        if not operation.get("description") or not operation.get("x-open-to")
    ]
    assert silent == []
