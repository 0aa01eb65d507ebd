const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** What takes two columns: East Asian wide characters and pictures. */
const WIDE =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97C\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF01-\uFF60\uFFE0-\uFFE6\u{17000}-\u{18DFF}\u{1B000}-\u{1B2FF}\u{1F200}-\u{1F2FF}\u{20000}-\u{3FFFD}])|\uFE0F/u;
const INVISIBLE = /^[\p{Mark}\p{Default_Ignorable_Code_Point}]+$/u;
// oxlint-disable-next-line eslint/no-control-regex
const STYLES = /\u001B\[[\d;]*m/g;

/** Columns that a text takes in a terminal. Colours take none. */
export function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of segmenter.segment(text.replace(STYLES, ''))) width += columnsOf(segment);
  return width;
}

/** As much of a plain text as fits into so many columns, with … for what is left out. Never cuts a character in halves. */
export function fitted(text: string, columns: number): string {
  if (columns === Infinity || widthOf(text) <= columns) return text;
  let [width, kept] = [1, ''];
  for (const { segment } of segmenter.segment(text)) {
    width += columnsOf(segment);
    if (width > columns) break;
    kept += segment;
  }
  return columns < 1 ? '' : `${kept.trimEnd()}…`;
}

/** A text made as wide as so many columns, with spaces after it or before it. */
export function padded(text: string, columns: number, align: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(0, columns - widthOf(text)));
  return align === 'left' ? text + space : space + text;
}

function columnsOf(grapheme: string): number {
  if (INVISIBLE.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
}
