/** A field of the VMI that this launcher cannot serve; the handler shows it in the VMI's status. */
export class FieldError extends Error {
  override readonly name = 'FieldError';
  /** Path of the field, for example `spec.volumes[0].cloudInitNoCloud`. */
  readonly field: string;

  constructor(field: string, detail: string, options?: ErrorOptions) {
    super(`${field}: ${detail}`, options);
    this.field = field;
  }
}
