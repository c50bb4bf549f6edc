/**
 * What the page uses of the API before the document tells of it. Each part is optional, and goes from
 * here when the document has it.
 */

/** A sprite of frames: `count` tiles row by row, one every `interval` seconds. */
export interface Strip {
  key: string;
  columns: number;
  rows: number;
  tile_width: number;
  tile_height: number;
  count: number;
  interval: number;
}

export interface ComingFields {
  strip?: Strip | null;
  peaks?: { key: string } | null;
  /** The film again, in formats that every browser plays. */
  rendition?: { key: string } | null;
  /** Seconds into the film at which the owner left it. */
  position?: number | null;
}
