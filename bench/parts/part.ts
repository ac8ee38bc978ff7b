import type { Table } from "../measure/table.ts";

/** What the command line says. */
export interface Settings {
  /** Folder with MNIST's four files. */
  data: string;
  /** The authors' published weights; without them, what needs them is left out. */
  published: string | undefined;
  python: string;
  /** Rounds of turns; undefined: as many as each part thinks right. */
  rounds: number | undefined;
  /** Validation images that the schedules are judged by. */
  images: number;
}

/** What a part found. */
export interface Report {
  /** Everything measured, for JSON. */
  results: unknown;
  tables: Table[];
  /** Figures that README.md shows, by the name of the marks around them. */
  figures?: Record<string, string>;
  /** A Vega-Lite description and the name of the file that it is drawn to, without its ending. */
  plot?: { name: string; description: object };
}
