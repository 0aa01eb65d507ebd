import type { CliOutput, Style } from '../output.ts';
import { fitted, padded, widthOf } from './width.ts';

/** A column of a table. */
export interface Column {
  readonly title: string;
  /** Default: left. */
  readonly align?: 'left' | 'right';
  /** Gives way when the terminal is too narrow; without one, the last column does. */
  readonly isFlexible?: boolean;
  /** Of a cell, by its text. Default: none. */
  readonly style?: (cell: string) => Style | undefined;
}

const GAP = '  ';
const LEAST = 8;

/** Lines with titles above them, as wide as the terminal; as wide as they are when the output is no terminal. Cells are plain and safe texts. */
export function tableOf(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  output: Pick<CliOutput, 'width' | 'style'>,
): string {
  const widths = columns.map(({ title }, index) =>
    Math.max(widthOf(title), ...rows.map((row) => widthOf(row[index] ?? ''))),
  );
  shrink(widths, columns, output.width);
  const line = (cells: readonly string[], styleOf: (column: Column, cell: string) => Style | undefined): string => {
    const shown = columns.map((column, index) => {
      const width = widths[index] ?? 0;
      const cell = fitted(cells[index] ?? '', width);
      const style = styleOf(column, cells[index] ?? '');
      return padded(style === undefined ? cell : output.style(style, cell), width, column.align);
    });
    return `${shown.join(GAP).trimEnd()}\n`;
  };
  const titles = columns.map(({ title }) => title);
  return [line(titles, () => 'dim'), ...rows.map((row) => line(row, ({ style }, cell) => style?.(cell)))].join('');
}

/** Takes what is too much from those columns that give way. */
function shrink(widths: number[], columns: readonly Column[], width: number): void {
  const flexible = columns.flatMap(({ isFlexible }, index) => (isFlexible === true ? [index] : []));
  for (const index of [...flexible, columns.length - 1]) {
    const excess = widths.reduce((sum, each) => sum + each, GAP.length * (columns.length - 1)) - width;
    const own = widths[index] ?? 0;
    if (excess > 0) widths[index] = Math.max(Math.min(LEAST, own), own - excess);
  }
}
