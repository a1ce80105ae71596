/** A client of libvirt's RPC protocol: no native code, no thread pool, nothing but a Unix socket. See adr/0004. */
export { Hypervisor } from './hypervisor.ts';
export type { Domain } from './domain.ts';
export { LibvirtConnectionError, LibvirtError } from './errors.ts';
export { CreateFlag, DomainState, ErrorCode, LifecycleEvent, ModificationImpact, ShutoffReason } from './constants.ts';
