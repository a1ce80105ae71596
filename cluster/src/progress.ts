/** Lines that tell how far a long run is: `[2/5] node image (about 2 min) ...` and how long each step took. */
export class Progress {
  private total: number;
  private done = 0;

  constructor(total: number) {
    this.total = total;
  }

  /**
   * Runs one step.
   * @param estimate words for how long it takes, where it is long.
   */
  async step<T>(title: string, action: () => Promise<T>, estimate?: string): Promise<T> {
    const position = `[${++this.done}/${this.total}]`;
    const began = Date.now();
    console.log(`${position} ${title}${estimate ? ` (${estimate})` : ''} ...`);
    const result = await action();
    console.log(`${position} ${title}: ${((Date.now() - began) / 1000).toFixed(1)} s`);
    return result;
  }
}
