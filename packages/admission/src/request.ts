import type { ClusterConfig } from '@quickvirt/config';
import type { Cause } from './cause.ts';

export type AdmissionOperation = 'CREATE' | 'UPDATE';

/** Who asks, as the API server authenticated them. */
export interface AdmissionUser {
  username: string;
  groups: readonly string[];
}

/** One object on its way into the cluster. */
export interface AdmissionRequest<T> {
  operation: AdmissionOperation;
  object: T;
  /** What is stored; present at UPDATE only. */
  old?: T;
  user: AdmissionUser;
  config: ClusterConfig;
  /** Namespace QuickVirt runs in: its service accounts are trusted with what users may not write. */
  installNamespace: string;
}

/** What the rules say: no causes means accepted. */
export interface Verdict {
  causes: Cause[];
  /** Shown to the client, who may go on. */
  warnings: string[];
}

/** Values that defaults need and a pure function cannot make. */
export interface FreshIdentity {
  /** Random UUID for the firmware. */
  uuid: string;
  /** Random UUID that serves as serial number. */
  serial: string;
}

const COMPONENTS = ['virt-api', 'virt-controller', 'virt-handler'];

/** Whether a request comes from one of QuickVirt's own service accounts. */
export function isQuickVirtComponent(user: AdmissionUser, installNamespace: string): boolean {
  return COMPONENTS.some((name) => user.username === `system:serviceaccount:${installNamespace}:${name}`);
}
