/** Bounds of lines that a guest or a pod decides about, and that are kept in etcd. */
const MAX_LINES = 40;
const MAX_LINE_CHARACTERS = 400;
const MAX_CHARACTERS = 2_048;

/** Terminal sequences: CSI, OSC with either end, and two-character escapes (ECMA-48, 5.4 and 8.3). */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const TERMINAL_SEQUENCES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;
/** Control and format characters: the latter turn the direction of text around, or hide it. */
const CONTROLS = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu;

/**
 * The last lines of a text that nobody may be trusted with: without what a terminal would obey or hide, tabs as spaces,
 * without empty lines, within 40 lines and 2048 characters. The last lines are kept.
 */
export function harmlessLines(text: string): string[] {
  const lines = text
    .replaceAll(TERMINAL_SEQUENCES, '')
    .split(/\r\n|\n|\r/)
    .map((line) => line.replaceAll('\t', ' ').replaceAll(CONTROLS, '\u00b7').trimEnd())
    .filter((line) => line !== '')
    .slice(-MAX_LINES);
  const kept: string[] = [];
  let characters = 0;
  for (const line of lines.toReversed()) {
    const cut = line.length > MAX_LINE_CHARACTERS ? `${line.slice(0, MAX_LINE_CHARACTERS - 1)}…` : line;
    characters += cut.length;
    if (characters > MAX_CHARACTERS) break;
    kept.unshift(cut);
  }
  return kept;
}
