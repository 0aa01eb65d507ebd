/** Words that say nothing about what is wanted. */
const FILLERS = new Set(
  `a an and any are as at be been by can could did do does for from get give had has have hello hey hi how i if in is it its just like me my no not of on
  or please s so some t tell thank thanks that the their them then there these this those to us want was we what when which will with would yes you
  your`.split(/\s+/),
);

/** The words of a text that mean something, each reduced to its stem: `cancelled`, `cancelling` and `cancel` are the same. */
export function stems(text: string): Set<string> {
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  return new Set(words.filter((word) => !FILLERS.has(word)).map(stem));
}

function stem(word: string): string {
  const short = word.replace(/(?<=...)(?:ments?|ings?|ed|als?|es|[sey])$/, '');
  // `cancell`, `shipp`: what stands before an ending is often doubled.
  return short.replace(/(\p{L})\1$/u, '$1');
}
