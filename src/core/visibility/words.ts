/** Words of a text as full-text search of SQLite finds them: letters and digits, without case and accents. */
function wordsOf(text: string): string[] {
  const plain = text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase();
  return plain.match(/[\p{L}\p{N}\p{Co}]+/gu) ?? [];
}

/**
 * Whether a text has one of the words of a query, which stand between spaces. What is several words for the search (`fox-trot`) has to follow each other.
 */
export function hasWord(text: string, query: string): boolean {
  const words = wordsOf(text);
  return query
    .split(' ')
    .map(wordsOf)
    .some(
      (phrase) => phrase.length > 0 && words.some((_, start) => phrase.every((word, i) => words[start + i] === word)),
    );
}
