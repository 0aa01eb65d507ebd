import { DatabaseSync } from 'node:sqlite'; import fs from 'node:fs'; import { join } from 'node:path'; import { tmpdir } from 'node:os'; import { fork } from 'node:child_process';
const root='/tmp/wt/fastdisk'; const N=Number(process.argv[2]??100000); const kind=process.argv[3]??'signal';
if (process.argv[2]==='open') {
  const { createEmbeddedEngine } = await import(root+'/src/engines/embedded/index.ts');
  (globalThis as any).gc?.(); const r0=process.memoryUsage(); const c0=process.cpuUsage(); const t0=performance.now();
  const engine=await createEmbeddedEngine({path:process.argv[3]});
  const t1=performance.now(); const c=process.cpuUsage(c0); (globalThis as any).gc?.(); const r1=process.memoryUsage();
  console.log(`open ${(t1-t0).toFixed(0)} ms cpu ${((c.user+c.system)/1000).toFixed(0)} ms; rss +${((r1.rss-r0.rss)/1e6).toFixed(0)} MB (${(r1.rss/1e6).toFixed(0)}) heap +${((r1.heapUsed-r0.heapUsed)/1e6).toFixed(1)} MB`);
  const t2=performance.now(); await engine.client.workflow.getHandle(process.argv[4]!).signal('input','x'); console.log('signal', (performance.now()-t2).toFixed(1),'ms', (await engine.client.workflow.getHandle(process.argv[4]!).describe()).status.name);
  await engine.close(); process.exit();
}
const { createEmbeddedEngine } = await import(root+'/src/engines/embedded/index.ts');
const { DefaultLogger, Runtime } = await import('@temporalio/worker'); Runtime.install({logger:new DefaultLogger('WARN')});
const dir=fs.mkdtempSync(join(tmpdir(),'fdp-')); const path=join(dir,'b.db');
const { activities } = await import(root+'/bench/activities.ts'); const { bundleWorkflowCode } = await import('@temporalio/worker');
const engine=await createEmbeddedEngine({path});
const worker=await engine.createWorker({taskQueue:'q',activities,workflowBundle:{codePath:'/work/main/.cache/bench/bundle.js'}});
const running=worker.run();
const ids:string[]=[];
for (let i=0;i<100;i++){ const h=await engine.client.workflow.start('untilSignal',{taskQueue:'q',workflowId:`seed-${String(i).padStart(8,'0')}`, ...(kind==='timer'?{workflowExecutionTimeout:'30 days'}:{})}); await h.query('waiting'); ids.push(h.workflowId); }
worker.shutdown(); await running; await engine.close();
const db=new DatabaseSync(path); db.exec('VACUUM'); const size=fs.statSync(path).size; 
console.log('100 parked:',size,'bytes;', (size/100/1000).toFixed(2),'kB each; record', db.prepare('select avg(length(record)) a from runs').get(), 'history rows', db.prepare('select count(*) n, sum(length(events)) b from history').get());
console.log((db.prepare('select record from runs limit 1').get() as any).record);
db.exec('BEGIN'); const rows=db.prepare('select * from runs').all() as any[]; const h=new Map(rows.map(r=>[r.id,db.prepare('select * from history where run=?').all(r.id) as any[]]));
const cols=Object.keys(rows[0]).filter(c=>c!=='id'); const ins=db.prepare(`insert into runs (${cols.join(',')}) values (${cols.map(()=>'?').join(',')})`); const insC=db.prepare('insert into current_runs values (?,?,?)'); const insH=db.prepare('insert into history values (?,?,?,?)');
const { randomUUID } = await import('node:crypto');
for (let i=100;i<N;i++){ const r=rows[i%100]; const w=`seed-${String(i).padStart(8,'0')}`; const run=randomUUID(); const rec=r.record.replaceAll(r.workflow_id,w).replaceAll(r.run_id,run); const v={...r,workflow_id:w,run_id:run,record:rec}; const id=ins.run(...cols.map(c=>v[c])).lastInsertRowid; insC.run(r.namespace,w,run); for(const e of h.get(r.id)!) insH.run(id,e.first_id,e.last_id,e.events); }
db.exec('COMMIT'); db.exec('PRAGMA wal_checkpoint(TRUNCATE)'); const s2=fs.statSync(path).size; console.log(N,'runs',(s2/1e6).toFixed(0),'MB', (s2/N/1000).toFixed(2),'kB each'); db.close();
console.log('path',path);
const c=fork(process.argv[1]!,['open',path,`seed-${String(N-1).padStart(8,'0')}`],{execArgv:['--expose-gc','--disable-warning=ExperimentalWarning'],stdio:'inherit'}); await new Promise(r=>c.on('exit',r)); 
