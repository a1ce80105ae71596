import { sha1 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { VirtualMachineInstance } from '@quickvirt/api';

/** Longest name that also serves as a label's value and a host name. */
const maxLabelChars = 63;
const hashChars = 10;

/** The first digits of a text's SHA-256, in hex. */
export const shortHash = (text: string, chars: number): string => bytesToHex(sha256(utf8ToBytes(text))).slice(0, chars);

/**
 * Name of the pod that runs a VMI, always the same for the same VMI, at most 63 characters. A migration target's pod is
 * named after its migration, so give that one's UID.
 */
export function launcherPodName(vmi: VirtualMachineInstance, uid: string = vmi.metadata.uid ?? ''): string {
  return bounded(`virt-launcher-${vmi.metadata.name ?? ''}`, shortHash(uid, hashChars));
}

function bounded(prefix: string, suffix: string): string {
  const room = maxLabelChars - suffix.length - 1;
  return `${prefix.slice(0, room).replace(/[^a-z0-9]+$/, '')}-${suffix}`;
}

/**
 * A VMI's name as a label value: names may have 253 characters, label values 63. Clients compute the same text to find
 * a VMI's pod, so the hash is part of the API: eight hex digits of SHA-1.
 */
export function vmiIdLabel(name: string): string {
  if (name.length <= maxLabelChars) return name;
  return bounded(name, bytesToHex(sha1(utf8ToBytes(name))).slice(0, 8));
}

/** The guest's host name: the first part of `spec.hostname` or of the VMI's name, cut to a DNS label. */
export function guestHostname(vmi: VirtualMachineInstance): string {
  const name = vmi.spec.hostname || (vmi.metadata.name ?? '').split('.')[0] || '';
  return name.slice(0, maxLabelChars).replace(/-+$/, '');
}

/** Name that Multus gives a secondary network's interface in the pod: interface names end at 15 characters. */
export const podInterfaceName = (networkName: string): string => `pod${shortHash(networkName, 11)}`;

/** Name of the tap device of a secondary network. */
export const tapName = (networkName: string): string => `tap${shortHash(networkName, 11)}`;
