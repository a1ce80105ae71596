import { Option, type Command } from 'commander';
import type { GlobalOptions } from '../global-options.ts';
import type { QatNode } from '../qat/qat-node.ts';

type QatOptions = GlobalOptions & { output: 'text' | 'json' | 'yaml' };

/** `qat nodes` and `qat describe [NODE...]`. */
export function qatCommand(program: Command): void {
  const qat = program.command('qat').description("show the cluster's Intel QAT cards and who uses them");
  withOutput(qat.command('nodes'))
    .description('list the nodes with QAT: what each has, what is free, whether it is well')
    .action(async (_options: unknown, command: Command) => {
      await show(command.optsWithGlobals<QatOptions>(), [], async (nodes) => {
        const { nodesTable } = await import('../qat/qat-tables.ts');
        return nodesTable(nodes);
      });
    });
  withOutput(qat.command('describe [nodes...]'))
    .description('describe the QAT of nodes: each function and its guest, what is wrong and what to do about it')
    .action(async (names: string[], _options: unknown, command: Command) => {
      await show(command.optsWithGlobals<QatOptions>(), names, async (nodes) => {
        const { nodeDescription } = await import('../qat/qat-tables.ts');
        return nodes.map(nodeDescription).join('\n\n\n');
      });
    });
}

const withOutput = (command: Command): Command =>
  command.addOption(
    new Option('-o, --output <form>', 'form of the answer').choices(['text', 'json', 'yaml']).default('text'),
  );

const NONE =
  'no node tells of QAT: see docs/qat.md for what a node needs, and whether virt-handler runs on it ' +
  '(kubectl get pods -A -l kubevirt.io=virt-handler -o wide)';

async function show(
  options: QatOptions,
  names: readonly string[],
  text: (nodes: readonly QatNode[]) => Promise<string>,
): Promise<void> {
  const [{ withSession }, { readQatCluster }, { qatNodes }, { formatObjects }] = await Promise.all([
    import('../session.ts'),
    import('../qat/read-cluster.ts'),
    import('../qat/qat-node.ts'),
    import('../offline/output.ts'),
  ]);
  await withSession(options, async ({ client, namespace }) => {
    const { notes, ...facts } = await readQatCluster(client, namespace);
    const all = qatNodes(facts);
    const missing = names.filter((name) => !all.some(({ node }) => node === name));
    for (const name of missing) console.error(`node ${name}: ${NONE}`);
    if (missing.length > 0) process.exitCode = 1;
    for (const note of notes) console.error(note);
    const chosen = names.length === 0 ? all : all.filter(({ node }) => names.includes(node));
    // Always a list: who reads it need not ask how many nodes there are.
    if (options.output !== 'text') console.log(formatObjects([chosen], options.output));
    else if (all.length === 0) console.log(NONE);
    else if (chosen.length > 0) console.log(await text(chosen));
  });
}
