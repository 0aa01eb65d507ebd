import { ConfigurationError } from '../../engine/index.ts';
import type { ModelPrice, Prices, RunCost, Step } from './types.ts';

const TOKENS = 1_000_000;

/** Refuses prices that are no numbers. @throws ConfigurationError */
export function checkPrices(prices: Prices): void {
  for (const [model, price] of Object.entries(prices)) {
    for (const name of ['input', 'output', 'cachedInput'] as const) {
      const value: unknown = price[name];
      if (name === 'cachedInput' && value === undefined) continue;
      if (typeof value === 'number' && Number.isFinite(value) && value >= 0) continue;
      throw new ConfigurationError(`prices.${model}.${name}`, `${String(value)} is no price.`, {
        fix: 'Give USD for 1,000,000 tokens: 0 or more.',
      });
    }
  }
}

/** Adds up what calls of models have cost. */
export class CostSum {
  readonly #prices: Prices;
  readonly #unpriced = new Set<string>();
  #amount = 0;

  constructor(prices: Prices) {
    this.#prices = prices;
  }

  /** What has been added so far. */
  get cost(): RunCost {
    return { amount: this.#amount, currency: 'USD', unpriced: [...this.#unpriced].toSorted() };
  }

  /** Adds a call of a model. */
  add({ name, model, usage }: Step): void {
    if (usage === undefined) return;
    const price = this.#priceOf([name, model, name.slice(name.indexOf('/') + 1)]);
    if (price === undefined) {
      this.#unpriced.add(name || (model ?? ''));
      return;
    }
    const { input, output, cachedInput = input } = price;
    const cached = Math.min(usage.cachedInputTokens, usage.inputTokens);
    const total = (usage.inputTokens - cached) * input + cached * cachedInput + usage.outputTokens * output;
    this.#amount += total / TOKENS;
  }

  /** By the name in the agent's definition, then by the provider's. */
  #priceOf(names: readonly (string | undefined)[]): ModelPrice | undefined {
    const name = names.find((each) => each !== undefined && Object.hasOwn(this.#prices, each));
    return name === undefined ? undefined : this.#prices[name];
  }
}
