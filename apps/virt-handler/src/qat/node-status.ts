import {
  controller,
  findCondition,
  nodes,
  setCondition,
  type ApiClient,
  type Condition,
  type Controller,
  type ControllerOptions,
  type Decision,
  type EventRecorder,
  type Informer,
  type Node,
  type RecordedEvent,
} from '@quickvirt/kube';
import {
  describeFinding,
  NODE_CONDITION,
  NODE_REPORT_ANNOTATION,
  nodeHealth,
  nodeReport,
  type Finding,
  type NodeHealth,
  type NodeReport,
  type PciAddress,
  type QatInventory,
} from '@quickvirt/qat';

/** What a node says of its cards, and what is to be said. */
export interface NodeStatusObserved {
  node: Node;
  inventory: QatInventory;
  /** Functions that pods hold. */
  held: ReadonlySet<PciAddress>;
}

/** Writes and events about a node's cards. */
export type NodeStatusEffect =
  | { type: 'event'; node: Node; event: RecordedEvent }
  /** Null takes the annotation off. */
  | { type: 'annotate'; node: Node; report: string | null }
  /** Null takes the condition off. */
  | { type: 'setCondition'; node: Node; condition: Condition | null };

/**
 * What to write so that people see the node's cards as they are: the report, the condition, and an event for each finding
 * that is new or over. The report that is there tells what was told, so that a restart tells nothing twice. Pure.
 */
export function decideNodeStatus({ node, inventory, held }: NodeStatusObserved, now: Date): Decision<NodeStatusEffect> {
  const health = nodeHealth(inventory);
  const former = node.metadata.annotations?.[NODE_REPORT_ANNOTATION];
  const report = health ? JSON.stringify(nodeReport(inventory, held)) : undefined;
  const effects: NodeStatusEffect[] = changedFindings(formerFindings(former), inventory.findings).map((event) => ({
    type: 'event',
    node,
    event,
  }));
  if (former !== report) effects.push({ type: 'annotate', node, report: report ?? null });
  const condition = conditionChange((node.status?.conditions ?? []) as Condition[], health, now);
  if (condition !== undefined) effects.push({ type: 'setCondition', node, condition });
  return { effects };
}

/** The condition to write; null to take it off; undefined when it is as it should be. */
function conditionChange(
  conditions: readonly Condition[],
  health: NodeHealth | undefined,
  now: Date,
): Condition | null | undefined {
  if (!health) return findCondition(conditions, NODE_CONDITION) ? null : undefined;
  const next = setCondition(conditions, { type: NODE_CONDITION, ...health }, now);
  return next === conditions ? undefined : findCondition(next, NODE_CONDITION);
}

/** Findings of a report that an earlier write left; none when there is none, or it is of another make. */
function formerFindings(report: string | undefined): readonly Finding[] {
  try {
    const { findings } = JSON.parse(report ?? '{}') as Partial<NodeReport>;
    return Array.isArray(findings) ? findings : [];
  } catch {
    return [];
  }
}

function changedFindings(former: readonly Finding[], current: readonly Finding[]): RecordedEvent[] {
  const keyOf = ({ code, subject, severity }: Finding) => `${code} ${subject} ${severity}`;
  const before = new Set(former.map(keyOf));
  const after = new Set(current.map(keyOf));
  return [
    ...current
      .filter((finding) => !before.has(keyOf(finding)))
      .map((finding): RecordedEvent => ({ type: 'Warning', reason: finding.code, message: describeFinding(finding) })),
    ...former
      .filter((finding) => !after.has(keyOf(finding)))
      .map(({ code, subject }): RecordedEvent => ({
        type: 'Normal',
        reason: 'QatRecovered',
        message: `${code} (${subject}) is over.`,
      })),
  ];
}

export interface NodeStatusPorts {
  client: Pick<ApiClient, 'patch'>;
  recorder: Pick<EventRecorder, 'event'>;
  nodeName: string;
  ownNode: Informer<Node>;
  source: { inventory(): QatInventory; onChange(listener: () => void): () => void; isScanned(): boolean };
  allocations: { held(): ReadonlySet<PciAddress>; onChange(listener: () => void): () => void };
}

/** Keeps the report, the condition and the events of this node's cards; an idle node costs no write. */
export function nodeStatusController(ports: NodeStatusPorts, options: ControllerOptions): Controller {
  const { client, recorder, nodeName, ownNode, source, allocations } = ports;
  const made = controller('qat-node-status', options)
    .for(ownNode)
    .reconciles<NodeStatusObserved, NodeStatusEffect>(
      {
        name: 'qat-node-status',
        // Before the first look at the bus there is nothing to say.
        observe: async () => {
          const node = ownNode.store.get(nodeName);
          return node && source.isScanned()
            ? { node, inventory: source.inventory(), held: allocations.held() }
            : undefined;
        },
        decide: decideNodeStatus,
      },
      async (effect) => {
        const { uid, name = nodeName } = effect.node.metadata;
        switch (effect.type) {
          case 'event':
            recorder.event(effect.node, effect.event);
            return;
          case 'annotate': {
            const annotations = { [NODE_REPORT_ANNOTATION]: effect.report };
            ownNode.wrote(await client.patch(nodes, { name }, { metadata: { uid, annotations } }, { kind: 'merge' }));
            return;
          }
          case 'setCondition': {
            const condition = effect.condition ?? { type: NODE_CONDITION, $patch: 'delete' };
            const body = { metadata: { uid }, status: { conditions: [condition] } };
            ownNode.wrote(await client.patch(nodes, { name }, body, { kind: 'strategic', subresource: 'status' }));
          }
        }
      },
    );
  source.onChange(() => made.enqueue(nodeName));
  allocations.onChange(() => made.enqueue(nodeName));
  return made;
}
