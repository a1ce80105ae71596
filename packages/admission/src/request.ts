import type { ClusterConfig } from '@quickvirt/config';
import type { Cause } from './cause.ts';
import type { ClusterFacts } from './facts.ts';

export type AdmissionOperation = 'CREATE' | 'UPDATE' | 'DELETE';

/** Who asks, as the API server authenticated them. */
export interface AdmissionUser {
  username: string;
  groups: readonly string[];
  /** What the authenticator adds, as the node that a pod's token is bound to. */
  extra?: Readonly<Record<string, readonly string[]>>;
}

/** One object on its way into the cluster, or out of it. */
export interface AdmissionRequest<T> {
  operation: AdmissionOperation;
  /** At DELETE what is stored. */
  object: T;
  /** What is stored; present at UPDATE only. */
  old?: T;
  user: AdmissionUser;
  config: ClusterConfig;
  /** Namespace QuickVirt runs in: its service accounts are trusted with what users may not write. */
  installNamespace: string;
  /** What is known of other objects; nothing when it is left out. */
  facts?: ClusterFacts;
  /** The API server only asks what would happen: nothing may be written for it. */
  dryRun?: boolean;
}

/** An answer that is no list of wrong fields, with the status that clients act on. */
export interface Refusal {
  code: 400 | 429;
  reason: 'BadRequest' | 'TooManyRequests';
  message: string;
}

/** What the rules say: no causes and no refusal means accepted. */
export interface Verdict {
  causes: Cause[];
  /** Shown to the client, who may go on. */
  warnings: string[];
  /** Says no without naming a field. */
  refusal?: Refusal;
  /** The instance to be moved off its node, because its pod was asked to go: written to `status.evacuationNodeName`. */
  evacuation?: { namespace: string; name: string; nodeName: string };
}

/** The verdict of rules that only find causes. */
export function verdictOf(causes: Cause[], warnings: string[] = []): Verdict {
  return { causes, warnings };
}

/** Whether a verdict lets the object pass. */
export function isAllowed({ causes, refusal }: Verdict): boolean {
  return causes.length === 0 && refusal === undefined;
}

/** Values that defaults need and a pure function cannot make. */
export interface FreshIdentity {
  /** Random UUID for the firmware. */
  uuid: string;
  /** Random UUID that serves as serial number. */
  serial: string;
}

const COMPONENTS = ['virt-api', 'virt-controller', 'virt-handler'] as const;
export type Component = (typeof COMPONENTS)[number];

/** Which of QuickVirt's own service accounts a request comes from; undefined for anybody else. */
export function componentOf(user: AdmissionUser, installNamespace: string): Component | undefined {
  return COMPONENTS.find((name) => user.username === `system:serviceaccount:${installNamespace}:${name}`);
}

/** Whether a request comes from one of QuickVirt's own service accounts. */
export function isQuickVirtComponent(user: AdmissionUser, installNamespace: string): boolean {
  return componentOf(user, installNamespace) !== undefined;
}
