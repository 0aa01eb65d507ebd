import { ApplicationFailure, proxyActivities, proxySinks, type Sinks, workflowInfo } from '@temporalio/workflow';
import { Money } from './money.ts';

/** The sinks that workflows write to. */
export interface AuditSinks extends Sinks {
  audit: { note(text: string): void };
}

const { audit } = proxySinks<AuditSinks>();
const { greet, double } = proxyActivities<{
  greet(name: string): Promise<string>;
  double(money: Money): Promise<Money>;
}>({ startToCloseTimeout: '10s' });

/** Greets by an activity and notes it in a sink. */
export async function greets(name: string): Promise<string> {
  audit.note(`${workflowInfo().workflowType} greets ${name}`);
  return await greet(name);
}

/** Takes and gives a class that only the custom converter knows. */
export async function doubles(money: Money): Promise<Money> {
  if (!(money instanceof Money)) throw ApplicationFailure.nonRetryable('that is no money');
  return await double(money);
}

/** Fails. */
export async function fails(): Promise<void> {
  throw ApplicationFailure.nonRetryable('the secret number is 42', 'Secret');
}
