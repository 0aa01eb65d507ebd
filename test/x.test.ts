import { it } from 'vitest';
import { workflowCode } from '../src/worker/index.ts';
import { workflowsPath } from './testing/agents/support.ts';
import { createAgentTest, scriptedModel, say } from '../testing/index.ts';
import { support } from './testing/agents/agents.ts';
it('t', async () => {
  for (let i=0;i<4;i++) { const t=performance.now(); const c=process.cpuUsage(); await workflowCode({ workflowsPath }); const d=process.cpuUsage(c); console.log('own', i, Math.round(performance.now()-t), 'cpu', Math.round((d.user+d.system)/1000)); }
  for (let i=0;i<5;i++) { 
     let t=performance.now(); let c=process.cpuUsage();
     const lap = (s: string) => { const d=process.cpuUsage(c); console.log(s, i, Math.round(performance.now()-t), 'cpu', Math.round((d.user+d.system)/1000)); t=performance.now(); c = process.cpuUsage(); };
     const test = await createAgentTest({ agents: [support], model: scriptedModel([say('x')]) }); lap('create');
     const run = await test.start(support, { input: 'x' }); lap('start');
     await run.result(); lap('result');
     await test.teardown(); lap('teardown');
  }
}, 100000);
