import type { Interface, VirtualMachineInstance, Volume } from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import type { RenderOptions } from './options.ts';

/** What every part of a pod is made from. */
export interface Context {
  vmi: VirtualMachineInstance;
  name: string;
  namespace: string;
  uid: string;
  config: ClusterConfig;
  options: RenderOptions;
  volumes: readonly Volume[];
  interfaces: readonly Interface[];
  /** vCPUs at start. */
  vcpus: number;
  dedicatedCpus: boolean;
  emulated: boolean;
}

/** Gathers what the parts share. */
export function contextOf(vmi: VirtualMachineInstance, config: ClusterConfig, options: RenderOptions): Context {
  const { domain } = vmi.spec;
  const { cpu } = domain;
  return {
    vmi,
    name: vmi.metadata.name ?? '',
    namespace: vmi.metadata.namespace ?? 'default',
    uid: vmi.metadata.uid ?? '',
    config,
    options,
    volumes: vmi.spec.volumes ?? [],
    interfaces: (domain.devices.interfaces ?? []).filter(({ state }) => state !== 'absent'),
    vcpus: (cpu?.sockets || 1) * (cpu?.cores || 1) * (cpu?.threads || 1),
    dedicatedCpus: cpu?.dedicatedCpuPlacement === true,
    emulated: config.developer.useEmulation,
  };
}

/** A VMI that cannot be rendered, and the field to blame. */
export class RenderError extends Error {
  readonly field: string;

  constructor(field: string, detail: string) {
    super(`${field}: ${detail}`);
    this.name = 'RenderError';
    this.field = field;
  }
}
