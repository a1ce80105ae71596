import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { nearestWord } from './nearest-word.ts';
import type { PersistentVolumeClaimSpec, VirtualMachineInstance } from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import type { DomainFacts } from '@quickvirt/domain-xml';
import type { RenderOptions } from '@quickvirt/launcher-pod';
import { defaultDomainFacts } from './domain-facts.ts';
import type { Manifest } from './manifests.ts';

/** What a facts file says of the cluster and the node, over what is assumed. */
export interface FactsFile {
  /** For the pod. */
  pod?: Partial<RenderOptions>;
  /** For the domain; volumes, taps and host devices are put over the assumed ones one by one. */
  domain?: Partial<DomainFacts>;
}

/** The image that the chart installs by default. */
const LAUNCHER_IMAGE = 'localhost/quickvirt/virt-launcher:dev';

const podFacts: Readonly<Record<keyof RenderOptions, true>> = {
  launcherImage: true,
  claims: true,
  namespaceLabels: true,
  memoryQuota: true,
  cpuQuota: true,
  stateClaim: true,
  networkAttachments: true,
};
const domainFacts: Readonly<Record<keyof DomainFacts, true>> = {
  runDirectory: true,
  volumes: true,
  taps: true,
  hostDevices: true,
  libvirtVersion: true,
  cpuSet: true,
  numaCells: true,
  efi: true,
  kernelBoot: true,
  acpiTables: true,
  ignitionPath: true,
  virtiofsSockets: true,
};

/** @throws Error that names the file, and the fact that is not known. */
export function readFacts(path: string | undefined): FactsFile {
  if (path === undefined) return {};
  const facts = (parse(readFileSync(path, 'utf8')) ?? {}) as FactsFile;
  demandKnown(facts, ['pod', 'domain'], path, '');
  demandKnown(facts.pod ?? {}, Object.keys(podFacts), path, 'pod.');
  demandKnown(facts.domain ?? {}, Object.keys(domainFacts), path, 'domain.');
  return facts;
}

function demandKnown(given: object, known: readonly string[], path: string, prefix: string): void {
  const stranger = Object.keys(given).find((name) => !known.includes(name));
  if (stranger === undefined) return;
  throw new Error(
    `${path}: ${prefix}${stranger} is no fact; did you mean ${prefix}${nearestWord(stranger, known)}? Known: ${known.join(', ')}`,
  );
}

/**
 * What rendering a pod needs: claims, quotas, network attachments and namespace labels come from the objects of the files,
 * a claim that is not among them counts as one with a file system, and the facts file has the last word.
 */
export function renderOptionsOf(
  vmi: VirtualMachineInstance,
  manifests: readonly Manifest[],
  { pod = {} }: FactsFile,
): RenderOptions {
  const { namespace = 'default', name } = vmi.metadata;
  const ofKind = (kind: string) =>
    manifests.filter(({ object }) => object.kind === kind && (object.metadata.namespace ?? namespace) === namespace);
  const namespaceLabels = manifests.find(({ object: { kind, metadata } }) => {
    return kind === 'Namespace' && metadata.name === namespace;
  })?.object.metadata.labels;
  const isLimited = (resource: string) =>
    ofKind('ResourceQuota').some(({ object }) => {
      return (object.spec as { hard?: Record<string, unknown> } | undefined)?.hard?.[resource] !== undefined;
    });
  return {
    launcherImage: LAUNCHER_IMAGE,
    stateClaim: `persistent-state-for-${name}`,
    memoryQuota: isLimited('limits.memory'),
    cpuQuota: isLimited('limits.cpu'),
    networkAttachments: Object.fromEntries(
      ofKind('NetworkAttachmentDefinition').map(({ object: { metadata } }) => [
        `${metadata.namespace ?? namespace}/${metadata.name}`,
        { annotations: metadata.annotations },
      ]),
    ),
    ...(namespaceLabels && { namespaceLabels }),
    ...pod,
    claims: { ...assumedClaims(vmi), ...claimsOf(ofKind('PersistentVolumeClaim')), ...pod.claims },
  };
}

type Claims = NonNullable<RenderOptions['claims']>;

function claimsOf(manifests: readonly Manifest[]): Claims {
  return Object.fromEntries(
    manifests.map(({ object: { metadata, spec } }) => [
      metadata.name ?? '',
      { spec: spec as PersistentVolumeClaimSpec | undefined },
    ]),
  );
}

function assumedClaims({ spec }: VirtualMachineInstance): Claims {
  const assumed = { spec: { accessModes: ['ReadWriteOnce'], volumeMode: 'Filesystem' } } as Claims[string];
  const names = (spec.volumes ?? []).flatMap(({ persistentVolumeClaim, dataVolume, ephemeral, memoryDump }) => {
    const claim = persistentVolumeClaim ?? ephemeral?.persistentVolumeClaim ?? memoryDump;
    return claim?.claimName ?? dataVolume?.name ?? [];
  });
  return Object.fromEntries(names.map((claim) => [claim, assumed]));
}

/** What converting a domain needs: assumed, then what the facts file says. */
export function domainFactsOf(
  vmi: VirtualMachineInstance,
  config: ClusterConfig,
  options: RenderOptions,
  { domain = {} }: FactsFile,
): DomainFacts {
  const assumed = defaultDomainFacts(vmi, config, options.claims);
  return {
    ...assumed,
    ...domain,
    volumes: { ...assumed.volumes, ...domain.volumes },
    taps: { ...assumed.taps, ...domain.taps },
    hostDevices: { ...assumed.hostDevices, ...domain.hostDevices },
  };
}
