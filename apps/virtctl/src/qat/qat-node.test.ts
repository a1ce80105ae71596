import { describe, expect, test } from '@jest/globals';
import type { VirtualMachineInstance } from '@quickvirt/api';
import type { Node, Pod } from '@quickvirt/kube';
import { NODE_CONDITION, NODE_REPORT_ANNOTATION, type NodeReport } from '@quickvirt/qat';
import { qatNodes } from './qat-node.ts';
import { nodeDescription, nodesTable } from './qat-tables.ts';

const CY = 'qat.intel.com/cy';

const report: NodeReport = {
  version: 1,
  physicalFunctions: [
    {
      address: '0000:3d:00.0',
      family: 'c6xx',
      generation: 2,
      driver: 'c6xx',
      numaNode: 0,
      totalVfs: 16,
      services: ['sym', 'asym'],
      state: 'up',
      managed: true,
      virtualFunctions: [
        { address: '0000:3d:01.0', state: 'allocated', resource: CY, driver: 'vfio-pci', group: 50 },
        { address: '0000:3d:01.1', state: 'free', resource: CY, driver: 'vfio-pci', group: 51 },
      ],
    },
  ],
  orphans: [{ address: '0000:05:00.0', state: 'unusable' }],
  findings: [
    {
      code: 'IommuDisabled',
      severity: 'error',
      subject: '0000:05:00.0',
      cause: 'No IOMMU translates for it.',
      remedy: 'Switch VT-d on in the BIOS.',
    },
  ],
};

function aNode(name: string, annotation?: string): Node {
  return {
    metadata: { name, ...(annotation && { annotations: { [NODE_REPORT_ANNOTATION]: annotation } }) },
    status: {
      allocatable: { [CY]: '2' },
      conditions: [{ type: NODE_CONDITION, status: 'False', message: 'IommuDisabled' }],
    },
  } as unknown as Node;
}

const pod = (nodeName: string): Pod =>
  ({
    metadata: { name: 'p', namespace: 'x' },
    spec: { nodeName, containers: [{ name: 'compute', resources: { limits: { [CY]: '1' } } }] },
  }) as unknown as Pod;

const vmi: VirtualMachineInstance = {
  metadata: { name: 'crypto', namespace: 'apps' },
  spec: { domain: { devices: {} } },
  status: {
    nodeName: 'n1',
    deviceStatus: [
      { name: 'qat0', pciAddress: '0000:3d:01.0', guestPciAddress: '0000:02:00.0' },
      { name: 'waits', hotplug: { message: 'no function is free' } },
    ],
  },
};

const facts = {
  nodes: [aNode('plain'), aNode('n1', JSON.stringify(report))],
  pods: [pod('n1'), pod('n2')],
  vmis: [vmi],
};

describe('the QAT of a cluster', () => {
  test('is what nodes tell, with who uses each function', () => {
    const [node, ...others] = qatNodes(facts);
    expect(others).toEqual([]);
    expect(node).toMatchObject({
      node: 'n1',
      healthy: 'False',
      message: 'IommuDisabled',
      virtualFunctions: { total: 3, free: 1, allocated: 1, unusable: 1 },
      resources: [{ name: CY, allocatable: 2, requested: 1 }],
    });
    expect(node?.physicalFunctions[0]?.virtualFunctions[0]).toMatchObject({
      guest: 'apps/crypto',
      device: 'qat0',
      guestPciAddress: '0000:02:00.0',
    });
    expect(node?.physicalFunctions[0]?.virtualFunctions[1]).not.toHaveProperty('guest');
  });

  test.each(['no json', 'null', '{"version":2,"physicalFunctions":[],"findings":[]}', '{"version":1}'])(
    'a report that nobody can read is told of: %s',
    (text) => {
      const [node] = qatNodes({ nodes: [aNode('n1', text)], pods: [], vmis: [] });
      expect(node?.findings).toEqual([expect.objectContaining({ subject: 'node', severity: 'warning' })]);
    },
  );

  test('as a table', () => {
    expect(nodesTable(qatNodes(facts))).toBe(
      [
        'NODE  CARDS  FUNCTIONS  FREE  IN USE  UNUSABLE  HEALTHY          RESOURCES',
        'n1    1      3          1     1       1         False (1 found)  qat.intel.com/cy=1/2',
      ].join('\n'),
    );
  });

  test('as a description that says what to do', () => {
    const [node] = qatNodes(facts);
    expect(node && nodeDescription(node)).toBe(`Node:      n1
Healthy:   False: IommuDisabled

Card 0000:3d:00.0: c6xx (generation 2), driver c6xx, up, NUMA node 0, services sym, asym, 2 of 16 functions
  FUNCTION      STATE      RESOURCE          DRIVER    GROUP  GUEST
  0000:3d:01.0  allocated  qat.intel.com/cy  vfio-pci  50     apps/crypto qat0 at 0000:02:00.0
  0000:3d:01.1  free       qat.intel.com/cy  vfio-pci  51     -

Functions without a card on this node
  FUNCTION      STATE     RESOURCE  DRIVER  GROUP  GUEST
  0000:05:00.0  unusable  -         -       -      -

Resources
  NAME              ALLOCATABLE  REQUESTED  LEFT
  qat.intel.com/cy  2            1          1

Findings
  ERROR IommuDisabled (0000:05:00.0)
    No IOMMU translates for it.
    What to do: Switch VT-d on in the BIOS.`);
  });
});
