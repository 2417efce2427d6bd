import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import { parseLoss } from '@segloss/losses';
import '@segloss/kernels/wasm';
tf.env().set('PROD', true);
await tf.setBackend('wasm');
const size=512, classes=19;
const target = tf.tensor(Int32Array.from({length:size*size},(_, i)=>((i%size)>>5)%classes),[1,size,size],'int32');
const logits = tf.randomNormal([1,size,size,classes],0,2,'float32',1);
const f = tf.valueAndGrad((z)=>parseLoss('ce')(target,z));
for (let i=0;i<3;i++){ const r=f(logits); r.value.dataSync(); tf.dispose(r);}
const backend = tf.backend();
const times={};
for (const k of tf.getKernelsForBackend('wasm')) {
  const orig=k.kernelFunc;
  k.kernelFunc=(a)=>{const t=performance.now(); const r=orig(a); times[k.kernelName]=(times[k.kernelName]??0)+performance.now()-t; return r;};
}
const t0=performance.now();
for (let i=0;i<10;i++){ const r=f(logits); r.value.dataSync(); tf.dispose(r);}
console.log((performance.now()-t0)/10, Object.entries(times).sort((a,b)=>b[1]-a[1]).slice(0,10).map(([k,v])=>k+' '+(v/10).toFixed(2)));
