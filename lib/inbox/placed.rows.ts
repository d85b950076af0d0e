/** What an insert found or made, by identity. */
export interface Placed {
  readonly id: string;
  readonly stored: boolean;
  /** True where the new row waits behind another one of its ordering key. */
  readonly waits: boolean;
}

export type PlacedRows = ReadonlyMap<string, Placed>;
