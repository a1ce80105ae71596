/** From a VMI to its launcher pod. */
export { renderAttachmentPod, type AttachmentOwner } from './attachment-pod.ts';
export {
  DEVICE_ATTACHMENT_APP,
  DEVICE_ATTACHMENT_CONTAINER,
  DEVICE_NAME_ANNOTATION,
  deviceAttachmentPodName,
  type HotpluggedDevice,
  renderDeviceAttachmentPod,
} from './device-attachment-pod.ts';
export { COMPUTE_CONTAINER } from './containers.ts';
export { CONSOLE_LOG_CONTAINER } from './guest-console-log.ts';
export { harmlessLines } from './harmless-lines.ts';
export { RenderError } from './context.ts';
export { pciResourceVariable, qatVariables } from './device-variables.ts';
export { encodeExitRecord, parseExitRecord, type ExitRecord } from './exit-record.ts';
export { guestMemoryBytes, memoryLines, type OverheadLine } from './memory-overhead.ts';
export { type MigrationTarget, renderMigrationTargetPod } from './migration-target-pod.ts';
export { guestHostname, launcherPodName, podInterfaceName, tapName, vmiIdLabel } from './names.ts';
export type { RenderOptions } from './options.ts';
export * from './paths.ts';
export type { Pod } from './pod.ts';
export { podSecurityOf, type PodSecurity, type PodSecurityLevel } from './pod-security.ts';
export { renderLauncherPod } from './render.ts';
export { claimOf } from './volumes.ts';
