import type { Command, ProtocolMessage } from '../proto.ts';
import { fatal, nondeterminism } from './errors.ts';
import type { Machine } from './machines/machine.ts';
import type { UpdateMachine } from './machines/update.ts';

/** A command with the machine that it belongs to. */
export interface QueuedCommand {
  readonly command: Command;
  readonly machine: Machine;
}

/** The kinds of things that the language side names by sequence number. */
export type CommandKind =
  | 'Timer'
  | 'Activity'
  | 'LocalActivity'
  | 'ChildWorkflowStart'
  | 'SignalExternal'
  | 'CancelExternal';

/** All machines of a run, how to find them, and the commands that wait for their events. */
export class MachineRegistry {
  readonly byEventId: Map<number, Machine> = new Map();
  /** Commands to be sent, or (on replay) to be matched with their events, in order. */
  queue: QueuedCommand[] = [];
  /** Messages for the next completion. */
  outbox: ProtocolMessage[] = [];
  readonly #byCommand = new Map<string, Machine>();
  readonly #updates = new Map<string, UpdateMachine>();
  readonly #silent = new WeakSet<Machine>();
  #incoming: QueuedCommand[] = [];

  /** Adds a command of the activation that is being answered. */
  add(machine: Machine, command: Command): void {
    this.#incoming.push({ machine, command });
  }

  /** Lets the language side find the machine by its sequence number. */
  name(kind: CommandKind, seq: number, machine: Machine): void {
    this.#byCommand.set(`${kind}(${seq})`, machine);
  }

  /** The machine behind a sequence number, if there is one. */
  lookup(kind: CommandKind, seq: number): Machine | undefined {
    return this.#byCommand.get(`${kind}(${seq})`);
  }

  /** The machine behind a sequence number. */
  find<T extends Machine>(kind: CommandKind, seq: number, type: new (...args: never[]) => T): T {
    const id = `${kind}(${seq})`;
    const machine = this.#byCommand.get(id);
    if (machine === undefined) throw nondeterminism(`Missing associated machine for ${id}`);
    if (!(machine instanceof type)) {
      throw nondeterminism(`Machine was not a ${type.name} when it should have been during cancellation: ${id}`);
    }
    return machine;
  }

  addUpdate(protocolInstanceId: string, machine: UpdateMachine): void {
    this.#updates.set(protocolInstanceId, machine);
  }

  findUpdate(protocolInstanceId: string): UpdateMachine {
    const machine = this.#updates.get(protocolInstanceId);
    if (machine === undefined) {
      throw fatal(`Missing associated machine for protocol message ${protocolInstanceId}`);
    }
    return machine;
  }

  /** The language side did not ask for this machine and hears nothing of it. */
  silence(machine: Machine): void {
    this.#silent.add(machine);
  }

  isSilent(machine: Machine): boolean {
    return this.#silent.has(machine);
  }

  /** Moves the commands of the answered activation to those to be sent; what was cancelled in the meantime is dropped. */
  prepareCommands(): void {
    this.queue = this.queue.filter(({ machine }) => !machine.cancelledBeforeSent);
    for (let next = this.#incoming.shift(); next; next = this.#incoming.shift()) {
      if (next.machine.cancelledBeforeSent) continue;
      next.machine.handleCommand(next.command);
      this.queue.push(next);
    }
  }

  /** The commands to be sent. They leave the queue when their events come back. */
  commandsToSend(): Command[] {
    return this.queue.filter(({ machine }) => !machine.isFinal).map(({ command }) => command);
  }

  /** Forgets machines of events after the given one: they belonged to a workflow task that the server took back. */
  forgetAfter(eventId: number): void {
    for (const id of this.byEventId.keys()) if (id > eventId) this.byEventId.delete(id);
  }
}
