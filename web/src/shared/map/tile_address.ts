// Where the pieces of the network's map are. Browsers keep a piece for good, so its address names what it was made from
// and how: as RECIPE in gis/tile_cache.py.
const RECIPE = 2;

/** The address of the piece `zoom/column/row` of a network version. */
export function tile_address(network_version: number, numbers: string): string {
  return `/api/tiles/${network_version}/${numbers}.mvt?recipe=${RECIPE}`;
}

/** Whether an address is that of a piece of this network version, as pieces are made now. */
export function is_tile_of(address: string, network_version: number): boolean {
  return address.startsWith(`/api/tiles/${network_version}/`) && address.endsWith(`?recipe=${RECIPE}`);
}
