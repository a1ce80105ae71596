import type { QatFunction, QatNode } from './qat-node.ts';

/** One line a node: what it has, what is free, whether it is well. */
export function nodesTable(nodes: readonly QatNode[]): string {
  return table(
    ['NODE', 'CARDS', 'FUNCTIONS', 'FREE', 'IN USE', 'UNUSABLE', 'HEALTHY', 'RESOURCES'],
    nodes.map(({ node, physicalFunctions, virtualFunctions, healthy, resources, findings }) => [
      node,
      String(physicalFunctions.length),
      String(virtualFunctions.total),
      String(virtualFunctions.free),
      String(virtualFunctions.allocated),
      String(virtualFunctions.unusable),
      findings.length === 0 ? healthy : `${healthy} (${findings.length} found)`,
      resources.map(({ name, allocatable, requested }) => `${name}=${requested}/${allocatable}`).join(' ') || '-',
    ]),
  );
}

/** All that is known of a node: its cards, each function and who has it, and what is wrong with what to do about it. */
export function nodeDescription(node: QatNode): string {
  const { physicalFunctions, orphans, resources, findings } = node;
  const cards = physicalFunctions.map((card) => {
    const facts = [
      `${card.family} (generation ${card.generation})`,
      card.driver ? `driver ${card.driver}` : 'no driver',
      ...(card.state ? [card.state] : []),
      ...(card.numaNode !== undefined ? [`NUMA node ${card.numaNode}`] : []),
      `services ${card.services.join(', ') || 'unknown'}`,
      `${card.virtualFunctions.length} of ${card.totalVfs} functions`,
      ...(card.managed ? [] : ['left alone by configuration']),
    ];
    return [`Card ${card.address}: ${facts.join(', ')}`, functionsTable(card.virtualFunctions)]
      .filter(Boolean)
      .join('\n');
  });
  return [
    [`Node:      ${node.node}`, `Healthy:   ${[node.healthy, node.message].filter(Boolean).join(': ')}`].join('\n'),
    ...cards,
    ...(orphans.length > 0 ? [['Functions without a card on this node', functionsTable(orphans)].join('\n')] : []),
    resources.length > 0
      ? [
          'Resources',
          indented(
            table(
              ['NAME', 'ALLOCATABLE', 'REQUESTED', 'LEFT'],
              resources.map(({ name, allocatable, requested }) => [
                name,
                String(allocatable),
                String(requested),
                String(Math.max(0, allocatable - requested)),
              ]),
            ),
          ),
        ].join('\n')
      : 'Resources: none are offered',
    findings.length > 0 ? ['Findings', ...findings.map(findingText)].join('\n') : 'Findings:  none',
  ].join('\n\n');
}

function findingText({ code, severity, subject, cause, remedy, errno }: QatNode['findings'][number]): string {
  const head = `  ${severity === 'error' ? 'ERROR' : 'WARNING'} ${code} (${subject}${errno ? `, ${errno}` : ''})`;
  return [head, `    ${cause}`, `    What to do: ${remedy}`].join('\n');
}

function functionsTable(functions: readonly QatFunction[]): string {
  if (functions.length === 0) return '';
  const rows = functions.map(({ address, state, resource, driver, group, guest, device, guestPciAddress }) => [
    address,
    state,
    resource ?? '-',
    driver ?? '-',
    group === undefined ? '-' : String(group),
    guest ? `${guest} ${device ?? ''}${guestPciAddress ? ` at ${guestPciAddress}` : ''}` : '-',
  ]);
  return indented(table(['FUNCTION', 'STATE', 'RESOURCE', 'DRIVER', 'GROUP', 'GUEST'], rows));
}

/** Columns of their longest word, two spaces apart. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((word, column) => Math.max(word.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((word, column) => word.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [head, ...rows].map(line).join('\n');
}

const indented = (text: string): string => text.replaceAll(/^/gm, '  ');
