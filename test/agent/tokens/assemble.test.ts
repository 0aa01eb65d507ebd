import { describe, expect, it } from 'vitest';
import type { Token } from '../../../src/agent/token-channel.ts';
import { tokenAssembler } from '../../../src/agent/tokens/assemble.ts';

const token = (offset: number, text: string, other: Partial<Token> = {}): Token => ({
  workflowId: 'one',
  agent: 'support',
  step: 1,
  attempt: 1,
  type: 'text',
  offset,
  text,
  ...other,
});

/** What is on the screen, and what was said to be missing or void. */
function show(...tokens: Token[]): string {
  const add = tokenAssembler();
  return tokens
    .map((each) => {
      const shown = add(each);
      return shown ? `${shown.restarted ? '<' : ''}${shown.gap ? '…' : ''}${shown.text}` : '';
    })
    .join('|');
}

describe('tokens, put together', () => {
  it('are shown as they come', () => {
    expect(show(token(0, 'He'), token(2, 'll'), token(4, 'o'))).toBe('He|ll|o');
  });

  it('are shown once, also when they overlap', () => {
    expect(show(token(0, 'Hell'), token(0, 'Hell'), token(2, 'llo'), token(1, 'el'))).toBe('Hell||o|');
  });

  it('tell of a gap, and go on', () => {
    expect(show(token(0, 'He'), token(10, 'world'), token(15, '!'))).toBe('He|…world|!');
    expect(show(token(3, 'lo'))).toBe('…lo');
  });

  it('begin again with another attempt, and leave those before', () => {
    expect(
      show(
        token(0, 'He'),
        token(0, 'Good', { attempt: 3 }),
        token(4, ' day', { attempt: 3 }),
        token(2, 'llo'),
        token(0, 'Hi', { attempt: 2 }),
      ),
    ).toBe('He|<Good| day||');
  });

  it('say that a call began again only when something of it was shown', () => {
    expect(show(token(0, 'Hi', { attempt: 2 }))).toBe('Hi');
  });

  it('go on with the next step, and leave those before', () => {
    expect(show(token(0, 'Hello'), token(0, 'And', { step: 2 }), token(5, '!'), token(3, ' now', { step: 2 }))).toBe(
      'Hello|And|| now',
    );
  });

  it('keep reasoning and text apart', () => {
    expect(show(token(0, 'Hm', { type: 'reasoning' }), token(0, 'He'), token(2, '.', { type: 'reasoning' }))).toBe(
      'Hm|He|.',
    );
  });

  it('keep runs apart', () => {
    expect(
      show(token(0, 'a'), token(0, 'b', { workflowId: 'two' }), token(1, 'c'), token(0, 'b', { workflowId: 'two' })),
    ).toBe('a|b|c|');
  });

  it('are remembered of the latest runs only', () => {
    const add = tokenAssembler();
    add(token(0, 'a', { workflowId: 'first' }));
    for (let index = 0; index < 1000; index += 1) add(token(0, 'a', { workflowId: `${index}` }));
    expect(add(token(0, 'a', { workflowId: '500' }))).toBeUndefined();
    expect(add(token(0, 'a', { workflowId: 'first' }))).toMatchObject({ text: 'a' });
  });
});
