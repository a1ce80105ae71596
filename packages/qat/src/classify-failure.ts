import type { Finding } from './finding.ts';
import {
  bindFailed,
  iommuDisabled,
  qatPfDown,
  servicesNotApplied,
  telemetryUnavailable,
  vfCreateFailed,
  vfioModuleMissing,
} from './findings.ts';
import type { NodeFacts } from './node-facts.ts';
import type { Plan, PlanStep } from './plan.ts';

/** How a step of a plan ended when it did not do what it should. */
export interface StepFailure {
  readonly step: PlanStep;
  /** Name of the kernel's error (`EBUSY`); `ETIMEDOUT` when it did not end in its time; absent when a check failed. */
  readonly errno?: string;
  /** What was said or seen: the message of a program, the driver that is bound, the number of functions. */
  readonly detail: string;
}

/** What a failed step means, from the kernel's rules for it (Linux adf_sriov.c, adf_sysfs.c, pci-sysfs.c, iov.c). */
export function classifyFailure(plan: Plan, failure: StepFailure, facts: NodeFacts): Finding {
  const { step, errno } = failure;
  if (plan.purpose === 'observe') return telemetryUnavailable(plan.subject, errno ?? 'EIO');
  if (errno === 'EROFS' || errno === 'EACCES' || errno === 'EPERM') return notPermitted(plan, failure, errno);
  switch (step.kind) {
    case 'load-module':
    case 'unload-module':
      return vfioModuleMissing(step.module, true, { errno, why: failure.detail });
    case 'verify-driver':
      return bindFailed(
        step.pciAddress,
        `the kernel's probe did not bind ${step.driver}: ${failure.detail} is bound instead`,
      );
    case 'verify-vfs':
      return vfCreateFailed(
        step.pciAddress,
        'ENODEV',
        `${failure.detail} of ${step.count} virtual functions appeared`,
        'Look at the kernel log; the firmware may have left too few bus numbers for them (boot with pci=realloc,assign-busses).',
      );
    case 'remember-reconfiguring':
      return servicesNotApplied(
        step.pciAddress,
        `that it is being reconfigured could not be written down: ${failure.detail}`,
        'Check that the state directory of virt-handler can be written.',
        errno,
      );
    case 'write':
      return failedWrite(plan, step, errno ?? 'EIO', facts);
  }
}

function notPermitted(plan: Plan, { step }: StepFailure, errno: string): Finding {
  const what = step.kind === 'write' ? `/sys/${step.path}` : step.kind;
  const cause = `virt-handler may not write ${what} (${errno})`;
  const remedy = 'virt-handler must run privileged, with /sys of the host writable; check kernel lockdown and SELinux.';
  if (plan.purpose === 'provision') return vfCreateFailed(plan.subject, errno, cause, remedy);
  if (plan.purpose === 'load-modules') return { ...vfioModuleMissing('vfio-pci', true, { errno, why: cause }), remedy };
  return { ...bindFailed(plan.subject, cause, errno), remedy };
}

function failedWrite(plan: Plan, step: Extract<PlanStep, { kind: 'write' }>, errno: string, facts: NodeFacts): Finding {
  const { subject } = plan;
  const attribute = step.path.slice(step.path.lastIndexOf('/') + 1);
  const device = facts.functions.find(({ pciAddress }) => pciAddress === subject);
  switch (attribute) {
    case 'sriov_numvfs':
      return step.value === '0' ? notTakenBack(subject, errno) : notMade(subject, errno, facts);
    case 'sriov_drivers_autoprobe':
      return vfCreateFailed(
        subject,
        errno,
        `sriov_drivers_autoprobe was refused (${errno})`,
        'Look at the kernel log.',
      );
    case 'state':
      if (step.value === 'up') {
        return qatPfDown(subject, {
          driver: device?.driver ?? 'its driver',
          expectedDrivers: [],
          state: 'down',
          errno,
        });
      }
      return servicesNotApplied(
        subject,
        `it cannot be taken down for its new services (${errno})`,
        'The kernel itself may use it for cryptography, or it is being reset: it is tried again.',
        errno,
      );
    case 'cfg_services':
      return servicesNotApplied(
        subject,
        `the kernel refused the services ${step.value} (${errno})`,
        'Choose a set that this card and its firmware have: see the list in docs/qat.md.',
        errno,
      );
    default:
      return bindFailed(subject, `writing ${step.value} to /sys/${step.path} failed (${errno})`, errno);
  }
}

function notMade(subject: string, errno: string, facts: NodeFacts): Finding {
  switch (errno) {
    case 'EBUSY':
      return vfCreateFailed(
        subject,
        errno,
        'the card is in use by the kernel itself, or is being reset (EBUSY)',
        'Free it from the kernel: unload what uses its algorithms (/proc/crypto), or leave the card to the host with managed: false.',
      );
    case 'ENOENT':
      return qatPfDown(subject, { expectedDrivers: [] });
    case 'EINVAL':
      if (!facts.iommuEnabled) return iommuDisabled(subject, false);
      return vfCreateFailed(subject, errno, 'the driver refused (EINVAL)', 'Look at the kernel log of its driver.');
    case 'ENOMEM':
    case 'ENOSPC':
      return vfCreateFailed(
        subject,
        errno,
        `the kernel found no room for them (${errno})`,
        'Enable SR-IOV and above-4G decoding in the firmware, or boot with pci=realloc.',
      );
    case 'ETIMEDOUT':
      return vfCreateFailed(
        subject,
        errno,
        'the kernel did not answer in time',
        'Look at the kernel log for a hung reset.',
      );
    default:
      return vfCreateFailed(subject, errno, `the kernel refused (${errno})`, 'Look at the kernel log of its driver.');
  }
}

/** Before Linux 6.x, drivers of QAT do not give virtual functions back: writing 0 is EINVAL. */
function notTakenBack(subject: string, errno: string): Finding {
  return servicesNotApplied(
    subject,
    `its virtual functions cannot be taken away for the change of services (${errno})`,
    errno === 'EINVAL'
      ? 'This kernel gives them back only when the module of the card is unloaded, or the node boots: do either, then it is done by itself.'
      : 'It is tried again.',
    errno,
  );
}
