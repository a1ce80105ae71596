import { tryParseQuantity, milliUnits, type MigrationPolicy } from '@quickvirt/api';
import { invalid, type Cause } from '../cause.ts';
import { ratchet } from '../ratchet.ts';
import { verdictOf, type AdmissionRequest, type Verdict } from '../request.ts';

/** Judges a MigrationPolicy. */
export function validateMigrationPolicy({ object, old }: AdmissionRequest<MigrationPolicy>): Verdict {
  if (object.metadata.deletionTimestamp) return verdictOf([]);
  return verdictOf(old ? ratchet(policyCauses(object), policyCauses(old)) : policyCauses(object));
}

function policyCauses({ spec }: MigrationPolicy): Cause[] {
  const causes: Cause[] = [];
  const bandwidth = spec.bandwidthPerMigration;
  const parsed = bandwidth === undefined ? undefined : tryParseQuantity(bandwidth);
  if (parsed && milliUnits(parsed) < 0n) {
    causes.push(invalid('spec.bandwidthPerMigration', `${bandwidth} must not be negative; 0 means no limit`));
  }
  for (const field of ['completionTimeoutPerGiB', 'maxDowntimeMs'] as const) {
    const value = spec[field];
    if (value !== undefined && value < 0) causes.push(invalid(`spec.${field}`, `${value} must not be negative`));
  }
  return causes;
}
