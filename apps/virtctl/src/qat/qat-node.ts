import type { VirtualMachineInstance } from '@quickvirt/api';
import type { Node, Pod } from '@quickvirt/kube';
import {
  NODE_CONDITION,
  NODE_REPORT_ANNOTATION,
  type Finding,
  type NodeReport,
  type PhysicalFunctionReport,
  type VirtualFunctionReport,
} from '@quickvirt/qat';

/** What a node has of QAT, who uses it, and what is wrong. */
export interface QatNode {
  node: string;
  /** Of the node's condition; Unknown when virt-handler does not say. */
  healthy: 'True' | 'False' | 'Unknown';
  /** The condition's own words. */
  message?: string;
  virtualFunctions: { total: number; free: number; allocated: number; unusable: number };
  /** Resources that the scheduler knows of. */
  resources: { name: string; allocatable: number; requested: number }[];
  physicalFunctions: (Omit<PhysicalFunctionReport, 'virtualFunctions'> & { virtualFunctions: QatFunction[] })[];
  /** Functions whose card is not on this node. */
  orphans: QatFunction[];
  findings: Finding[];
}

/** A virtual function, and who has it. */
export type QatFunction = VirtualFunctionReport & {
  /** `namespace/name` of the VMI that has it. */
  guest?: string;
  /** The device's name in that VMI. */
  device?: string;
  /** Where the guest sees it. */
  guestPciAddress?: string;
};

/** What a cluster says, as far as the user may read it. */
export interface ClusterFacts {
  nodes: readonly Node[];
  /** Pods that have not ended. */
  pods: readonly Pod[];
  vmis: readonly VirtualMachineInstance[];
}

/** The nodes that have QAT, by name; the others are left out. Pure. */
export function qatNodes({ nodes, pods, vmis }: ClusterFacts): QatNode[] {
  const podsOf = Map.groupBy(pods, ({ spec }) => spec?.nodeName ?? '');
  const vmisOf = Map.groupBy(vmis, ({ status }) => status?.nodeName ?? '');
  return nodes
    .flatMap((node) => {
      const name = node.metadata.name ?? '';
      return qatNode(node, podsOf.get(name) ?? [], vmisOf.get(name) ?? []) ?? [];
    })
    .toSorted((a, b) => a.node.localeCompare(b.node));
}

function qatNode(
  { metadata, status }: Node,
  pods: readonly Pod[],
  vmis: readonly VirtualMachineInstance[],
): QatNode | undefined {
  const text = metadata.annotations?.[NODE_REPORT_ANNOTATION];
  if (text === undefined) return undefined;
  const report = parseReport(text);
  const condition = status?.conditions?.find(({ type }) => type === NODE_CONDITION);
  const holders = holdersOf(vmis);
  const withHolder = (part: VirtualFunctionReport): QatFunction => ({ ...part, ...holders.get(part.address) });
  const physicalFunctions = report.physicalFunctions.map((card) => ({
    ...card,
    virtualFunctions: card.virtualFunctions.map(withHolder),
  }));
  const orphans = (report.orphans ?? []).map(withHolder);
  const all = [...physicalFunctions.flatMap((card) => card.virtualFunctions), ...orphans];
  const count = (state: VirtualFunctionReport['state']): number => all.filter((one) => one.state === state).length;
  return {
    node: metadata.name ?? '',
    healthy: condition?.status === 'True' || condition?.status === 'False' ? condition.status : 'Unknown',
    ...(condition?.message && { message: condition.message }),
    virtualFunctions: {
      total: all.length,
      free: count('free'),
      allocated: count('allocated'),
      unusable: count('unusable'),
    },
    resources: resourcesOf(all, status?.allocatable ?? {}, pods),
    physicalFunctions,
    orphans,
    findings: [...report.findings],
  };
}

/** @returns an empty report, with a finding that says so, for text that is none. */
function parseReport(text: string): NodeReport {
  try {
    const report = JSON.parse(text) as Partial<NodeReport> | null;
    if (report?.version === 1 && Array.isArray(report.physicalFunctions) && Array.isArray(report.findings)) {
      return report as NodeReport;
    }
  } catch {
    // Told below, as any other form that is not known.
  }
  const finding: Finding = {
    code: 'ForeignOwner',
    severity: 'warning',
    subject: 'node',
    cause: `the node's annotation ${NODE_REPORT_ANNOTATION} is no report of version 1`,
    remedy: 'use the virtctl of the installed release, or delete the annotation: virt-handler writes it again',
  };
  return { version: 1, physicalFunctions: [], findings: [finding] };
}

/** By address: which guest has a function. */
function holdersOf(vmis: readonly VirtualMachineInstance[]): Map<string, Partial<QatFunction>> {
  return new Map(
    vmis.flatMap(({ metadata, status }) =>
      (status?.deviceStatus ?? []).flatMap(({ name, pciAddress, guestPciAddress }) =>
        pciAddress
          ? [
              [
                pciAddress,
                {
                  guest: `${metadata.namespace}/${metadata.name}`,
                  device: name,
                  ...(guestPciAddress && { guestPciAddress }),
                },
              ] as const,
            ]
          : [],
      ),
    ),
  );
}

function resourcesOf(
  functions: readonly QatFunction[],
  allocatable: Readonly<Record<string, string>>,
  pods: readonly Pod[],
): QatNode['resources'] {
  const names = [...new Set(functions.flatMap(({ resource }) => resource ?? []))].toSorted((a, b) =>
    a.localeCompare(b),
  );
  return names.map((name) => ({
    name,
    allocatable: Number(allocatable[name] ?? 0),
    requested: pods
      .flatMap(({ spec }) => spec?.containers ?? [])
      .reduce((sum, { resources }) => sum + Number(resources?.limits?.[name] ?? 0), 0),
  }));
}
