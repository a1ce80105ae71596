import { Informer, nodes, type ApiClient, type InformerOptions, type Node } from '@quickvirt/kube';
import { NODE_CONDITION, NODE_REPORT_ANNOTATION } from '@quickvirt/qat';

/** Watches the Node that this process runs on, and no other; keeps what is read of it. */
export function ownNodeInformer(
  client: ApiClient,
  nodeName: string,
  options: Pick<InformerOptions<Node>, 'logger' | 'clock' | 'random'>,
): Informer<Node> {
  return new Informer(client, nodes, { ...options, fieldSelector: `metadata.name=${nodeName}`, trim });
}

function trim({ apiVersion, kind, metadata, status }: Node): Node {
  const { name, uid, resourceVersion, labels, annotations } = metadata;
  const report = annotations?.[NODE_REPORT_ANNOTATION];
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      uid,
      resourceVersion,
      labels,
      ...(report !== undefined && { annotations: { [NODE_REPORT_ANNOTATION]: report } }),
    },
    status: { conditions: status?.conditions?.filter(({ type }) => type === NODE_CONDITION) },
  };
}
