import { ConversionError } from '../conversion-error.ts';
import type { Context } from '../context.ts';
import { element, type Element } from '../element.ts';
import { guestNuma } from './numa.ts';

/** CPU model, features and topology, and the vCPUs that are plugged in at start. */
export function cpu(context: Context): Element[] {
  const { domain, topology } = context;
  const model = domain.cpu?.model ?? context.architecture.cpuModel;
  const isMode = model === 'host-model' || model === 'host-passthrough';
  const cells = guestNuma(context);
  return [
    element(
      'cpu',
      { mode: isMode ? model : 'custom' },
      !isMode && element('model', {}, model),
      cpuFeatures(context, !isMode),
      element('topology', { sockets: topology.maxSockets, cores: topology.cores, threads: topology.threads }),
      cells.length > 0 &&
        element(
          'numa',
          {},
          cells.map(({ cell }) => cell),
        ),
    ),
    ...vcpus(context),
  ];
}

function cpuFeatures({ domain, architecture }: Context, named: boolean): Element[] {
  const features = domain.cpu?.features ?? [];
  // Models named before 2020 ask for MPX, which later kernels and CPUs dropped: the guest would not start.
  const withoutMpx =
    named && architecture.libvirtName === 'x86_64' && !features.some(({ name }) => name === 'mpx')
      ? [element('feature', { name: 'mpx', policy: 'disable' })]
      : [];
  return [
    ...features.map(({ name, policy }) => element('feature', { name, policy: policy ?? 'require' })),
    ...withoutMpx,
  ];
}

function vcpus({ domain, topology }: Context): Element[] {
  const count = element('vcpu', { placement: 'static' }, topology.maxVcpus);
  if (!domain.cpu?.maxSockets) return [count];
  if (domain.cpu.maxSockets < topology.sockets) {
    throw new ConversionError('spec.domain.cpu.maxSockets', 'is smaller than spec.domain.cpu.sockets');
  }
  const perSocket = topology.cores * topology.threads;
  const each = Array.from({ length: topology.maxVcpus }, (_, id) =>
    element('vcpu', {
      id,
      enabled: id < topology.vcpus ? 'yes' : 'no',
      // The first socket can never leave: libvirt keeps vCPU 0 plugged in.
      hotpluggable: id < perSocket ? 'no' : 'yes',
    }),
  );
  return [count, element('vcpus', {}, each)];
}
