import leven from 'leven';

/** The known word that takes the fewest edits. */
export function nearestWord(word: string, known: readonly string[]): string {
  return known.toSorted((a, b) => leven(word, a) - leven(word, b))[0] ?? '';
}
