import type { Context } from '../context.ts';
import { element, type Element } from '../element.ts';

/** The guest's clock and its timers. Without `clock` in the VMI libvirt's default (UTC) holds. */
export function clock({ domain }: Context): Element[] {
  const { clock: spec } = domain;
  if (spec === undefined) return [];
  return [element('clock', offset(spec), timers(spec.timer))];
}

type ClockSpec = NonNullable<Context['domain']['clock']>;

function offset({ utc, timezone }: ClockSpec) {
  if (utc !== undefined) {
    return { offset: 'utc', adjustment: utc.offsetSeconds === undefined ? 'reset' : String(utc.offsetSeconds) };
  }
  return timezone === undefined ? {} : { offset: 'timezone', timezone };
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
