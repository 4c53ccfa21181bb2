import { plain } from './text.ts';

/** How a cell looks, by its row, of which the first one is that of the header, and by its column. */
export type CellStyle = (cell: string, row: number, column: number) => string;

/** Columns as kubectl has them: as wide as their widest cell, three spaces between them. What is empty is `-`. */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  style: CellStyle = String,
): string[] {
  const cells = [header, ...rows].map((row) => row.map((cell) => plain(cell, 300) || '-'));
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map((row, index) =>
    row
      .map((cell, column) => `${style(cell, index, column)}${' '.repeat((widths[column] ?? 0) - cell.length)}`)
      .join('   ')
      .trimEnd(),
  );
}
