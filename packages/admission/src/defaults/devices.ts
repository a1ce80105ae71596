import type { Input, VirtualMachineInstanceSpec, Watchdog } from '@quickvirt/api';

/** The spec with a bus and a type for each input, and an action for its watchdog. */
export function withDevices(spec: VirtualMachineInstanceSpec): VirtualMachineInstanceSpec {
  const { devices } = spec.domain;
  const { inputs, watchdog } = devices;
  if (!inputs?.length && !watchdog) return spec;
  return {
    ...spec,
    domain: {
      ...spec.domain,
      devices: {
        ...devices,
        ...(inputs?.length && { inputs: inputs.map(withBusAndType) }),
        ...(watchdog && { watchdog: withAction(watchdog) }),
      },
    },
  };
}

function withBusAndType(input: Input): Input {
  return { ...input, bus: input.bus || 'usb', type: input.type || 'tablet' };
}

function withAction(watchdog: Watchdog): Watchdog {
  const { i6300esb, diag288 } = watchdog;
  if (i6300esb) return { ...watchdog, i6300esb: { ...i6300esb, action: i6300esb.action || 'reset' } };
  if (diag288) return { ...watchdog, diag288: { ...diag288, action: diag288.action || 'reset' } };
  return watchdog;
}
