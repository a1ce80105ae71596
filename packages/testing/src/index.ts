/** What tests share. Never imported by product code. */
export { arbitraryObject } from './arbitrary-object.ts';
export { BOOT_SECTOR_GREETING, bootSectorImage } from './boot-sector.ts';
export { startControlPlane, type ControlPlane } from './control-plane.ts';
export {
  devicePluginContract,
  type ContractCase,
  type ContractContainer,
  type ContractWorld,
} from './device-plugin-contract.ts';
export { FakeClock } from './fake-clock.ts';
export { FakeSysfs, type FakeFunction, type FakePhysicalFunction, type FakeSysfsOptions } from './fake-sysfs.ts';
export {
  FakeKubelet,
  type FakeAllocation,
  type FakeDevice,
  type FakeKubeletOptions,
  type FakePod,
  type FakeRegistration,
} from './fake-kubelet.ts';
export { expectGolden, goldenJson } from './golden.ts';
export { endProcess, freePorts, lastLines, launchProcess, type LaunchedProcess } from './host-process.ts';
export { add4xxx, addC62x, addStandIn, provision } from './qat-fixtures.ts';
export { eventually, settle, type EventuallyOptions } from './settle.ts';
export { startKubeApiserver, type KubeApiserver, type KubeApiserverOptions } from './kube-apiserver.ts';
export type { TestAuthority, TestCertificate } from './test-pki.ts';
