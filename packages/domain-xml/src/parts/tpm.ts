import type { Context } from '../context.ts';
import { element, type Element } from '../element.ts';

/** A TPM 2.0 that swtpm emulates. CRB is what Windows 11 wants and keeps its state; TIS serves the rest. */
export function tpm({ devices }: Context): Element[] {
  const { tpm: device } = devices;
  if (device === undefined || device.enabled === false) return [];
  const persistent = device.persistent === true;
  return [
    element(
      'tpm',
      { model: persistent ? 'tpm-crb' : 'tpm-tis' },
      element('backend', { type: 'emulator', version: '2.0', persistent_state: persistent ? 'yes' : undefined }),
    ),
  ];
}
