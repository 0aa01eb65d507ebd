import type { Json, JsonObject } from './json.ts';

/** What a provider wants to see again with a part, as it sent it. */
interface FromProvider {
  /** By the provider's name. */
  readonly providerOptions?: Readonly<Record<string, JsonObject>>;
}

/** Text of a message. */
export interface TextPart extends FromProvider {
  /** Tells it from other parts. */
  readonly type: 'text';
  /** What is said. */
  readonly text: string;
}

/** What a model thought aloud before it answered. */
export interface ReasoningPart extends FromProvider {
  /** Tells which kind of part it is. */
  readonly type: 'reasoning';
  /** What was thought. */
  readonly text: string;
}

/** An image or another file. */
export interface FilePart extends FromProvider {
  /** Tells it from other parts. */
  readonly type: 'file';
  /** IANA media type, e.g. `image/png`, or `image/*`. */
  readonly mediaType: string;
  /** Base64, or an `http(s):` or `data:` URL. */
  readonly data: string;
  /** As the user knows it. */
  readonly filename?: string;
}

/** A model's wish to call a tool or an agent, or to ask the user. */
export interface ToolCallPart extends FromProvider {
  /** Tells which kind of part it is. */
  readonly type: 'tool-call';
  /** Unique within the run, whatever the model said. */
  readonly toolCallId: string;
  /** Of the tool or agent. */
  readonly toolName: string;
  /** The arguments as the model gave them; text when they are no JSON. */
  readonly input: Json;
}

/** What came of a call. */
export type ToolOutput =
  | {
      /** Tells how it is given. */
      readonly type: 'text';
      /** The text. */
      readonly value: string;
    }
  | {
      /** Tells how it is given. */
      readonly type: 'json';
      /** Any value. */
      readonly value: Json;
    }
  | {
      /** Tells how it is given. */
      readonly type: 'error';
      /** What went wrong, in words for the model. */
      readonly value: string;
    }
  | {
      /** Tells how it is given. */
      readonly type: 'content';
      /** Text and files. */
      readonly value: readonly (TextPart | FilePart)[];
    };

/** What came of a call, as the model is told. */
export interface ToolResultPart {
  /** Tells which kind of part it is. */
  readonly type: 'tool-result';
  /** Of the call that it answers. */
  readonly toolCallId: string;
  /** Of the tool or agent. */
  readonly toolName: string;
  /** What came of it. */
  readonly output: ToolOutput;
}

/** Said by a user, or by the caller of a sub-agent. */
export interface UserMessage {
  /** Who speaks. */
  readonly role: 'user';
  /** What is said. */
  readonly content: readonly (TextPart | FilePart)[];
}

/** Said by the model. */
export interface AssistantMessage {
  /** Who speaks. */
  readonly role: 'assistant';
  /** What is said. */
  readonly content: readonly (TextPart | ReasoningPart | FilePart | ToolCallPart)[];
}

/** What came of the calls of the message before. */
export interface ToolMessage {
  /** Who speaks. */
  readonly role: 'tool';
  /** What is said. */
  readonly content: readonly ToolResultPart[];
}

/** One message of a conversation. Instructions are no message: they belong to the agent's definition. */
export type Message = UserMessage | AssistantMessage | ToolMessage;

/** What a user may say: text, or text with files. */
export type UserContent = string | readonly (TextPart | FilePart)[];
