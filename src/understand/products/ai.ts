/** Language models, pictures and speech. One product on a line: name | aliases | what people want it for. */
export const aiProducts = `
ollama | | run language models on own hardware, local ai chat backend
open-webui | ollama webui | chat page for local language models
localai | go skynet localai | local replacement of a paid language model service
llama-cpp | llama server | run language models on plain processors
llama-swap | | switch between local language models on demand
vllm | vllm openai | fast serving of language models on graphics cards
sglang | | serving of language models with high speed
text-generation-inference | tgi, huggingface tgi | serve language models in production
text-embeddings-inference | | turn texts into vectors quickly
text-generation-webui | oobabooga | try local language models in the browser
koboldcpp | koboldai | write stories with local language models
lm-studio | | run language models on the desktop
gpt4all | | private language models on a normal computer
litellm | litellm proxy | one gateway to many language model providers
librechat | | chat page for many language model providers
lobe-chat | lobehub | modern chat page for language models
anythingllm | | ask questions of own documents with ai
privategpt | | ask own documents without the internet
khoj | | personal assistant over own notes
perplexica | | answer engine that searches the web with ai
morphic | | answer engine with generated pages
flowise | flowiseai | build language model flows by drawing
langflow | | visual builder of language model agents
dify | langgenius dify | build apps and agents with language models
langfuse | | watch and measure language model apps
langgraph | | framework of language model agents
langchain | langserve | framework of language model applications
ragflow | | answer questions from company documents
haystack-ai | deepset haystack | pipelines for questions over documents
openhands | opendevin | software agent that writes code
tabby | tabbyml | code completion on own hardware
continue-dev | | code assistant in the editor
sillytavern | | role play chat with language models
big-agi | | personal chat page for language models
chatbot-ui | | simple chat page for language models
nextchat | chatgpt next web | simple chat page for language models
stable-diffusion-webui | automatic1111, a1111, stable diffusion | make pictures from text on own graphics card
comfyui | | build picture generation flows from nodes
invokeai | | create pictures with ai on own graphics card
fooocus | | easy picture generation from text
swarmui | stableswarmui | page for picture generation on several cards
kohya-ss | | train own picture styles on own graphics card
whisper | whisper asr, openai whisper, whisper.cpp | turn speech into text, transcribe recordings
whishper | | transcribe audio files with a web page
scriberr | | transcribe audio files with a web page
subgen | | make subtitles from speech automatically
piper | piper tts | read text aloud with local voices
coqui-tts | coqui | text to speech with many voices
kokoro-tts | kokoro fastapi | natural text to speech service
openedai-speech | | speech service compatible with a paid one
alltalk | alltalk tts | speech service compatible with a paid one
xtts | xtts api | clone voices and speak written text with them
bark-tts | suno bark | generate speech with emotions out of written text
rvc | | change one voice into another
triton-inference-server | nvidia triton | serve machine learning models on graphics cards
torchserve | | serve trained models over http
tensorflow-serving | | serve trained models over http
bentoml | | package and serve machine learning models
ray | ray cluster, ray serve, anyscale ray | spread python and ai work over machines
kubeflow | | machine learning on a cluster
label-studio | | label data for machine learning
cvat | | annotate pictures and videos for training
argilla | | collect feedback to improve language models
h2ogpt | h2o llm | chat with own documents privately through language models
gpustack | | manage graphics cards for language models
exo | exo labs | join home devices to run large models
petals | | run large models together over the network
new-api | | manage keys and quotas of language model providers
metamcp | | gateway of tools for language models
mcpo | | offer tools to language models over http
crawl4ai | | turn websites into text for language models
firecrawl | | turn websites into text for language models
docling | docling serve | turn documents into text for ai
unstructured-io | | turn documents into text for ai
paperless-ai | | tag scanned documents with ai
paperless-gpt | | titles and tags for scanned documents with ai
openclaw | clawdbot, moltbot | personal ai agent that answers in messengers
hayhooks | | serve question pipelines over http
open-notebook | | research notebook with ai over own sources
bolt-diy | | build web apps by talking to ai
one-api | | manage keys of language model providers in one gateway
`;
