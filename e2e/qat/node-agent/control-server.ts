import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import type { Calls } from '../control-channel.ts';
import { CONTROL_ADDRESS } from '../machine.ts';

/** What the agent does for each call of the host. */
export type CallHandlers = {
  [Name in keyof Calls]: (ask: Calls[Name]['ask']) => Promise<Calls[Name]['answer']>;
};

/** Serves the host's calls until the channel ends. */
export async function serveCalls(handlers: CallHandlers): Promise<void> {
  const socket = connect(CONTROL_ADDRESS);
  const answer = async (line: string): Promise<void> => {
    const { id, name, ask } = JSON.parse(line) as { id: number; name: keyof Calls; ask: never };
    const reply = await handlers[name](ask).then(
      (result) => ({ id, answer: result }),
      (error: Error) => ({ id, error: error.stack ?? error.message }),
    );
    socket.write(`${JSON.stringify(reply)}\n`);
  };
  for await (const line of createInterface({ input: socket })) void answer(line);
}
