import type { TLBFlush } from '@quickvirt/api';
import { isEnabled, type Context } from '../context.ts';
import { element, type Element } from '../element.ts';
import { hasModernLibvirt } from '../libvirt-version.ts';

/**
 * Bound of the buffer with translated code: QEMU's own default grows to 1 GiB, all of it charged to the pod. Measured in
 * the design's launcher-pod notes, section 2.
 */
const tcgBufferMiB = 32;

/** Hypervisor features. */
export function features(context: Context): Element[] {
  const { domain, architecture, emulated } = context;
  const spec = domain.features ?? {};
  return [
    element(
      'features',
      {},
      spec.acpi?.enabled !== false && element('acpi'),
      isEnabled(spec.apic) && element('apic', { eoi: spec.apic?.endOfInterrupt === true ? 'on' : undefined }),
      hyperv(context),
      kvm(context),
      spec.pvspinlock !== undefined && element('pvspinlock', { state: isEnabled(spec.pvspinlock) ? 'on' : 'off' }),
      withoutPmu(context) && element('pmu', { state: 'off' }),
      isEnabled(spec.smm) && element('smm'),
      needsInterruptRemapping(context) && element('ioapic', { driver: 'qemu' }),
      architecture.vmport && element('vmport', { state: 'off' }),
      emulated && element('tcg', {}, element('tb-cache', { unit: 'MiB' }, tcgBufferMiB)),
    ),
  ];
}

/** Interrupts of the performance counters disturb real-time guests; a TDX guest cannot have them. */
const withoutPmu = ({ domain }: Context) =>
  domain.cpu?.realtime !== undefined || domain.launchSecurity?.tdx !== undefined;

/** xAPIC addresses 255 vCPUs; more need interrupt remapping, which KVM's own I/O APIC cannot do. */
const maxXapicVcpus = 255;
export const needsInterruptRemapping = ({ architecture, topology }: Context): boolean =>
  architecture.libvirtName === 'x86_64' && topology.maxVcpus > maxXapicVcpus;

function kvm({ domain }: Context): Element | undefined {
  const feature = domain.features?.kvm;
  const dedicated = domain.cpu?.dedicatedCpuPlacement === true;
  if (feature === undefined && !dedicated) return undefined;
  return element(
    'kvm',
    {},
    feature !== undefined && element('hidden', { state: feature.hidden === true ? 'on' : 'off' }),
    dedicated && element('hint-dedicated', { state: 'on' }),
  );
}

function tlbflushModes(tlbflush: TLBFlush | undefined): Element[] {
  const mode = (name: string, feature: { enabled?: boolean } | undefined) =>
    feature === undefined ? [] : [element(name, { state: isEnabled(feature) ? 'on' : 'off' })];
  return [...mode('direct', tlbflush?.direct), ...mode('extended', tlbflush?.extended)];
}

/** Hyper-V enlightenments: what Windows needs to be quick on another hypervisor. */
function hyperv({ domain, facts }: Context): Element | undefined {
  if (isEnabled(domain.features?.hypervPassthrough)) return element('hyperv', { mode: 'passthrough' });
  const spec = domain.features?.hyperv;
  if (spec === undefined) return undefined;
  const state = (name: string, feature: { enabled?: boolean } | undefined, ...children: (Element | undefined)[]) =>
    feature === undefined ? undefined : element(name, { state: isEnabled(feature) ? 'on' : 'off' }, ...children);
  return element(
    'hyperv',
    {},
    state('relaxed', spec.relaxed),
    state('vapic', spec.vapic),
    spec.spinlocks !== undefined &&
      element('spinlocks', {
        state: isEnabled(spec.spinlocks) ? 'on' : 'off',
        retries: spec.spinlocks.spinlocks,
      }),
    state('vpindex', spec.vpindex),
    state('runtime', spec.runtime),
    state('synic', spec.synic),
    state('stimer', spec.synictimer, spec.synictimer?.direct && state('direct', spec.synictimer.direct)),
    state('reset', spec.reset),
    spec.vendorid !== undefined &&
      element('vendor_id', { state: isEnabled(spec.vendorid) ? 'on' : 'off', value: spec.vendorid.vendorid }),
    state('frequencies', spec.frequencies),
    state('reenlightenment', spec.reenlightenment),
    state('tlbflush', spec.tlbflush, ...(hasModernLibvirt(facts) ? tlbflushModes(spec.tlbflush) : [])),
    state('ipi', spec.ipi),
    state('evmcs', spec.evmcs),
  );
}
