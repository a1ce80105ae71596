import { isEnabled, type Context } from '../context.ts';
import { element, type Element } from '../element.ts';

/** The guest's clock and its timers. Without `clock` in the VMI libvirt's default (UTC) holds. */
export function clock({ domain, vmi }: Context): Element[] {
  const spec = domain.clock ?? {};
  const all = [...timers(spec.timer), ...steadyTsc(domain, vmi.status?.topologyHints?.tscFrequency)];
  if (domain.clock === undefined && all.length === 0) return [];
  return [element('clock', offset(spec), all)];
}

/** Guests that count on a steady TSC get the frequency that was chosen for them, on every node that they move to. */
function steadyTsc({ cpu, features }: Context['domain'], frequencyHz: number | undefined): Element[] {
  const invtsc = (cpu?.features ?? []).some(
    ({ name, policy = 'require' }) => name === 'invtsc' && policy === 'require',
  );
  const counts = invtsc || isEnabled(features?.hyperv?.reenlightenment);
  return counts && frequencyHz !== undefined ? [element('timer', { name: 'tsc', frequency: frequencyHz })] : [];
}

type ClockSpec = NonNullable<Context['domain']['clock']>;

function offset({ utc, timezone }: ClockSpec) {
  if (utc !== undefined) {
    return { offset: 'utc', adjustment: utc.offsetSeconds === undefined ? 'reset' : String(utc.offsetSeconds) };
  }
  // libvirt's own default, which its schema wants to see where there are timers.
  return timezone === undefined ? { offset: 'utc' } : { offset: 'timezone', timezone };
}

function timers(timer: ClockSpec['timer']): Element[] {
  const { rtc, pit, kvm, hpet, hyperv } = timer ?? {};
  const present = (device: { present?: boolean }) => (device.present === false ? 'no' : 'yes');
  return [
    ...(rtc
      ? [element('timer', { name: 'rtc', tickpolicy: rtc.tickPolicy, present: present(rtc), track: rtc.track })]
      : []),
    ...(pit ? [element('timer', { name: 'pit', tickpolicy: pit.tickPolicy, present: present(pit) })] : []),
    ...(kvm ? [element('timer', { name: 'kvmclock', present: present(kvm) })] : []),
    ...(hpet ? [element('timer', { name: 'hpet', tickpolicy: hpet.tickPolicy, present: present(hpet) })] : []),
    ...(hyperv ? [element('timer', { name: 'hypervclock', present: present(hyperv) })] : []),
  ];
}
