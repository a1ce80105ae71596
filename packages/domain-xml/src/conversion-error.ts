/** A field of the VMI that cannot be turned into a domain on this node. */
export class ConversionError extends Error {
  /** Path of the field, for example `spec.domain.devices.gpus[0]`. */
  readonly field: string;
  /** What is wrong with it, without the path. */
  readonly detail: string;

  constructor(field: string, detail: string) {
    super(`${field}: ${detail}`);
    this.name = 'ConversionError';
    this.field = field;
    this.detail = detail;
  }
}
