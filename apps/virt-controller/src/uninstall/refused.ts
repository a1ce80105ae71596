/** A hook does not let the uninstall go on; the message says why and what to do. */
export class Refused extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'Refused';
  }
}
