import { expect, test } from '@jest/globals';
import { DomainState, ShutoffReason } from '@quickvirt/libvirt';
import { judge, type GuestEnd } from './exit-verdict.ts';

const off: GuestEnd = {
  state: DomainState.shutoff,
  reason: ShutoffReason.shutdown,
  stopRequested: false,
  gracePeriodOver: false,
  acpi: true,
  oomKills: 0,
};

test.each<[Partial<GuestEnd>, string, string]>([
  [{}, 'Succeeded', 'GuestPoweredOff'],
  [{ stopRequested: true }, 'Succeeded', 'ShutDown'],
  [{ reason: ShutoffReason.destroyed }, 'Failed', 'Destroyed'],
  [{ reason: ShutoffReason.destroyed, acpi: false }, 'Succeeded', 'Destroyed'],
  [{ reason: ShutoffReason.destroyed, gracePeriodOver: true }, 'Failed', 'GracePeriodOver'],
  [{ reason: ShutoffReason.destroyed, gracePeriodOver: true, acpi: false }, 'Succeeded', 'GracePeriodOver'],
  [{ reason: ShutoffReason.migrated }, 'Succeeded', 'Migrated'],
  [{ reason: ShutoffReason.saved }, 'Succeeded', 'Saved'],
  [{ reason: ShutoffReason.failed }, 'Failed', 'QEMUStartFailed'],
  [{ reason: ShutoffReason.crashed }, 'Failed', 'QEMUKilled'],
  [{ reason: ShutoffReason.crashed, oomKills: 1 }, 'Failed', 'QEMUOutOfMemory'],
  [{ reason: ShutoffReason.daemon }, 'Failed', 'QEMUKilled'],
  [{ reason: ShutoffReason.unknown }, 'Failed', 'QEMUKilled'],
  [{ state: DomainState.crashed }, 'Failed', 'GuestPanicked'],
])('%j is judged %s, %s', (end, phase, reason) => {
  expect(judge({ ...off, ...end })).toMatchObject({ phase, reason });
});
