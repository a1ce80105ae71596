import { expect, test } from '@jest/globals';
import { classifyFailure } from './classify-failure.ts';
import type { Plan, PlanStep } from './plan.ts';
import { aCard, aNode } from './testing/facts.ts';

const PF = '0000:6b:00.0';
const VF = '0000:6b:00.1';
const facts = aNode(aCard());
const write = (path: string, value: string): PlanStep => ({ kind: 'write', path, value, why: '' });
const attribute = (name: string, value: string) => write(`bus/pci/devices/${PF}/${name}`, value);
const load: PlanStep = { kind: 'load-module', module: 'vfio-pci', parameters: [] };

test.each<[string, Plan['purpose'], PlanStep, string | undefined, string, RegExp]>([
  ['too many', 'provision', attribute('sriov_numvfs', '16'), 'ERANGE', 'VfCreateFailed', /ERANGE/],
  [
    'used by the kernel',
    'provision',
    attribute('sriov_numvfs', '16'),
    'EBUSY',
    'VfCreateFailed',
    /in use by the kernel/,
  ],
  ['no driver', 'provision', attribute('sriov_numvfs', '16'), 'ENOENT', 'QatPfDown', /no driver/],
  ['no room', 'provision', attribute('sriov_numvfs', '16'), 'ENOSPC', 'VfCreateFailed', /no room/],
  ['no memory', 'provision', attribute('sriov_numvfs', '16'), 'ENOMEM', 'VfCreateFailed', /no room/],
  ['refused', 'provision', attribute('sriov_numvfs', '16'), 'EINVAL', 'VfCreateFailed', /EINVAL/],
  ['hangs', 'provision', attribute('sriov_numvfs', '16'), 'ETIMEDOUT', 'VfCreateFailed', /in time/],
  ['old kernel', 'provision', attribute('sriov_numvfs', '0'), 'EINVAL', 'ServicesNotApplied', /cannot be taken away/],
  ['read-only', 'provision', attribute('sriov_numvfs', '16'), 'EROFS', 'VfCreateFailed', /may not write/],
  ['autoprobe', 'provision', attribute('sriov_drivers_autoprobe', '0'), 'EIO', 'VfCreateFailed', /autoprobe/],
  ['down', 'provision', attribute('qat/state', 'down'), 'EBUSY', 'ServicesNotApplied', /taken down/],
  ['up', 'provision', attribute('qat/state', 'up'), 'EIO', 'QatPfDown', /refused to bring it up \(EIO\)/],
  ['services', 'provision', attribute('qat/cfg_services', 'dcc'), 'EINVAL', 'ServicesNotApplied', /dcc/],
  ['too few', 'provision', { kind: 'verify-vfs', pciAddress: PF, count: 16 }, undefined, 'VfCreateFailed', /3 of 16/],
  [
    'not written down',
    'provision',
    { kind: 'remember-reconfiguring', pciAddress: PF, reconfiguring: true },
    'ENOSPC',
    'ServicesNotApplied',
    /written down/,
  ],
  ['no module', 'load-modules', load, undefined, 'VfioModuleMissing', /not loaded and could not be/],
  ['may not load', 'load-modules', load, 'EPERM', 'VfioModuleMissing', /may not write/],
  [
    'in use',
    'load-modules',
    { kind: 'unload-module', module: 'vfio-pci' },
    undefined,
    'VfioModuleMissing',
    /could not be/,
  ],
  [
    'not bound',
    'bind',
    { kind: 'verify-driver', pciAddress: VF, driver: 'vfio-pci' },
    undefined,
    'BindFailed',
    /3 is bound instead/,
  ],
  ['override', 'bind', write(`bus/pci/devices/${VF}/driver_override`, 'vfio-pci'), 'ENODEV', 'BindFailed', /ENODEV/],
  ['lockdown', 'bind', write('bus/pci/drivers_probe', VF), 'EACCES', 'BindFailed', /may not write/],
])('%s', (_, purpose, step, errno, code, cause) => {
  const plan: Plan = { purpose, subject: purpose === 'bind' ? VF : PF, touches: [], steps: [step] };
  const finding = classifyFailure(plan, { step, errno, detail: '3' }, facts);
  expect(finding).toMatchObject({ code, cause: expect.stringMatching(cause) });
  expect(finding.remedy).not.toBe('');
});

test('what only observes fails as a warning', () => {
  const step = write('kernel/debug/qat_4xxx_0000:6b:00.0/telemetry/control', '1');
  const plan: Plan = { purpose: 'observe', subject: PF, touches: [], steps: [step] };
  const finding = classifyFailure(plan, { step, errno: 'EPERM', detail: '' }, facts);
  expect(finding).toMatchObject({ code: 'TelemetryUnavailable', severity: 'warning', errno: 'EPERM' });
});

test('a refusal without an IOMMU is that, whatever the kernel calls it', () => {
  const step = attribute('sriov_numvfs', '16');
  const plan: Plan = { purpose: 'provision', subject: PF, touches: [], steps: [step] };
  const bare = { ...facts, iommuEnabled: false };
  expect(classifyFailure(plan, { step, errno: 'EINVAL', detail: '' }, bare)).toMatchObject({ code: 'IommuDisabled' });
});
