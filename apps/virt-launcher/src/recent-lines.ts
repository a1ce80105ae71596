/** The last lines of a log, for the launcher's exit record: no more of them than a termination message has room for. */
export class RecentLines {
  readonly #lines: string[] = [];
  readonly #maxLines: number;
  readonly #maxCharacters: number;

  constructor(maxLines = 8, maxCharacters = 400) {
    this.#maxLines = maxLines;
    this.#maxCharacters = maxCharacters;
  }

  /** @param line without its newline; cut when it is long. */
  add(line: string): void {
    this.#lines.push(line.slice(0, this.#maxCharacters));
    if (this.#lines.length > this.#maxLines) this.#lines.shift();
  }

  /** Oldest first. */
  get lines(): string[] {
    return [...this.#lines];
  }
}
