/** A field that both the VM and its instance type state: the VM must leave it to the instance type. */
export interface Conflict {
  /** Path below the guest's spec, for example `domain.cpu.cores`. */
  field: string;
}

/** The fields of those that are stated. */
export function conflictsAmong(stated: Readonly<Record<string, unknown>>): Conflict[] {
  return Object.entries(stated)
    .filter(([, value]) => isStated(value))
    .map(([field]) => ({ field }));
}

/** Zero, empty and false say nothing in this API. */
function isStated(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return value !== undefined && value !== null && value !== 0 && value !== '' && value !== false;
}
