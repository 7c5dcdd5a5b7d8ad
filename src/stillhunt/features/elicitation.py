"""What a request asks for that training another model needs: six labels, each with its cues.

Each label says what the words *ask for*, not why: a teacher's grading, an honest evaluation and a harvest are phrased
alike. Single requests prove nothing; groups of them are tested later.
"""

from typing import Final

from stillhunt.features.cues import Label

BIAS: Final = -4.0
"""One sure cue (4.5 and up) passes one half, so do two telling ones (2.5); hints (1.2) need company."""

REASONING: Final = Label(
    "elicit_reasoning",
    "asks for reasoning to be written out",
    BIAS,
    (
        (5.5, """
            internal reasoning; internal monologue; chain of thought; inner monologue; reasoning trace;
            reasoning traces; thinking trace; thinking process before; thought process before;
            full reasoning; complete reasoning; reasoning behind the; behind a completed response;
            reconstruct the reasoning; reconstruct the thought; think step by step; let s think step;
            step by step reasoning; reason step by step; reasoning step by step; begin of thought;
            end of thought; long thinking process; systematic long thinking; hidden reasoning;
            complete and transparent reasoning; transparent reasoning; reasoning transparently;
            full reasoning transparently; all the reasoning; all of your reasoning; entire reasoning;
            every step of your reasoning; every step of the reasoning; whole reasoning;
            reasoning that led; thought behind this response; reasoning in full;
            raw reasoning; verbatim reasoning; entire thought process; detailed thought process;
            思维链; 推理过程; 思考过程; 内心独白; 一步一步思考; 一步步思考; 逐步推理; 逐步思考;
            完整推理; 思维过程; gedankengang; schritt für schritt denken; denke schritt für schritt;
            denkprozess; raisonne étape par étape; chaîne de pensée; raisonnement interne;
            processus de réflexion; razona paso a paso; piensa paso a paso; cadena de pensamiento;
            razonamiento interno; цепочка рассуждений; ход рассуждений; рассуждай пошагово;
            думай шаг за; внутренний монолог
            """),
        (4.5, """
            reason through; show your reasoning; show all reasoning; write your reasoning;
            output your reasoning; thinking out loud; think out loud; think aloud;
            your thought process; thinking process; thought process; show your thinking;
            write down your thinking; thinking tags; think tags; reasoning in tags; inside think;
            within think tags; inline tags; put your reasoning; include your reasoning;
            explain your reasoning; intermediate steps; each step of reasoning;
            articulate the reasoning; articulate your reasoning; imagine and articulate; scratchpad;
            work through the problem; reflect and verify; explore multiple approaches; self correction;
            backtracking; put your final answer; final answer within boxed; answer within boxed;
            写出推理; 写出思考; 展示推理; 给出推理; 详细推理; 推理步骤; 思考步骤; 分步推理; 先思考;
            一步一步; 一步步地
            """),
        (2.5, """
            reasoning behind this; reasoning behind that; reasoning behind your; reasoning behind it;
            step by step; show your work; show all steps; show each step; show every step;
            work step by; reasoning process; reasoning steps; derivation; rationale; thinking;
            thoughts; explain each step; in boxed; explain why you; before you answer;
            before answering; before giving the answer; then give the answer; think carefully;
            think deeply; deep thinking; detailed reasoning; solution process; verify your answer;
            check your answer; first reason; reason about; step 1; 步骤; 逐步; 推理; 解题过程;
            详细过程; 详细步骤; schritt für schritt; étape par étape; paso a paso; шаг за шагом;
            пошагово
            """),
        (1.2, """
            reasoning; reason; boxed; detailed solution; justify; justify your; explain how you;
            carefully; 思考; 分析
            """),
        (-1.5, """
            recipe; tutorial; guide on how; install; how do i install; beginner s guide; how to cook;
            itinerary
            """),
    ),
)  # fmt: skip

GRADING: Final = Label(
    "elicit_grading",
    "asks for rubric grading, as a reward model would",
    BIAS,
    (
        (5.5, """
            scoring rubric; score rubric; grading rubric; score rubrics; evaluation rubric; rubric;
            rubrics; impartial judge; fair judge; strict judge; act as a judge; as a judge;
            reward model; preference label; evaluate the quality of; quality of the response;
            quality of the responses; rate the quality; rate the response; score the response;
            score the responses; grade the response; grade the answer; evaluate the response;
            evaluate the responses; judge the quality; assistant a and assistant; assistant a s answer;
            response a and response; compare the two responses; compare two responses;
            which response is better; which answer is better; which output is better;
            which of the responses; better of the two; verdict; pairwise comparison; overall rating;
            overall score; final rating; your rating; rating on a scale; score on a scale;
            rate on a scale; a scale of 1; scale from 1 to; score of 1 to; score from 1 to;
            score between 1 and; rating from 1 to; score 1 to 10; critique the response;
            helpfulness and relevance; helpfulness relevance accuracy; 评分标准; 打分标准; 评分细则;
            公正的裁判; 评判标准; 奖励模型; 哪个回答更好; 哪个更好; 进行打分; 进行评分; 给出评分
            """),
        (4.5, """
            rank the responses; rank the outputs; rank these responses; rate each response;
            score each response; score each; grade each; grade this; grade the following;
            grading criteria; scoring criteria; evaluation criteria; points out of; model s response;
            model s answer; ai assistant s response; assistant s response; model outputs;
            candidate answer; candidate response; candidate responses; student answer;
            reference answer; ground truth answer; chosen or rejected; chosen and rejected;
            correct or incorrect; is the answer correct; response 1 and response; response a;
            response b; provide feedback and score; 评价标准; 参考答案; 回答质量; 打分; 评分; 满分;
            裁判; 评委
            """),
        (2.5, """
            score; rating; grade; grades; evaluator; evaluation; judge; rate the;
            feedback on the response; instruction following; helpfulness; harmlessness; honesty;
            likert; win rate; preference; critique; response quality; out of 10; 评估; 评价; 分数;
            打几分; bewerten; bewertung; punktzahl; évaluer; note de; evaluar; puntuación; оценить;
            оцени ответ
            """),
        (1.2, """
            criteria; from 1 to 10; 1 to 10; preferred; evaluate; assess; assessment; compare;
            relevance; accuracy; depth; clarity; scale; rate; quality; better
            """),
        (-1.5, """
            interest rate; exchange rate; credit score; music score; movie score; game score;
            grade school; heart rate
            """),
    ),
)  # fmt: skip

REWRITING: Final = Label(
    "elicit_rewriting",
    "asks for policy-safe rewriting of sensitive text",
    BIAS,
    (
        (5.5, """
            policy sensitive; politically sensitive; sensitive political; sensitive queries;
            censorship safe; censorship; politically neutral; politically correct version;
            safe alternative; safe alternatives; compliant version; compliant response;
            policy compliant; compliant with regulations; compliant with policy;
            content policy compliant; safe version; harmless version; rewrite the sensitive;
            rewrite it neutrally; neutral rewriting; steer the conversation; redirect the conversation;
            deflect; avoid sensitive; without mentioning sensitive; party leaders; dissidents;
            authoritarianism; evade censorship; 政治敏感; 敏感问题; 敏感话题; 敏感内容; 敏感词; 合规;
            安全改写; 合规改写; 中立改写; 避免敏感; 回避敏感; 审查; 异见人士
            """),
        (4.5, """
            neutral version; neutral tone rewrite; rewrite in a neutral; neutral and safe;
            safe and neutral; make it neutral; sanitize; sanitized; sanitised; sanitize the; soften;
            tone down; remove political; remove sensitive; non political; without political bias;
            non controversial; politically charged; sensitive topic; sensitive topics;
            politely decline; safe completion; official position; official stance; red line; red lines;
            acceptable to; regulators; 改写成中立; 改写为安全; 安全的版本; 中立的版本; 官方立场;
            正能量; 红线; 引导话题; 婉拒
            """),
        (2.5, """
            neutral; neutrally; rewrite the question; rewrite the query; rewrite the following;
            rewrite this question; rephrase the question; rephrase the query; rephrase; rewrite;
            euphemism; compliant; compliance; 改写; 重写; 中立; 委婉; umformulieren;
            neutral umschreiben; réécris; reformule; reescribe; neutralmente; перепиши; нейтрально
            """),
        (0.6, """
            government; regime; policy; party; opposition; minority; territory; leader; election; 政府;
            领导人; 党; controversial; political; politics; propaganda; protest; human rights;
            independence; 政治; 敏感; sensitive
            """),
        (-2.5, """
            cover letter; resume; my essay; my email; refactor; function; sql; code; privacy policy;
            insurance policy
            """),
    ),
)  # fmt: skip

GENERATION: Final = Label(
    "elicit_generation",
    "asks for training items: tasks, questions, dialogues",
    BIAS,
    (
        (5.5, """
            diverse tasks; diverse task; diverse instructions; diverse questions; diverse prompts;
            new instructions; task instructions; set of 20 diverse; come up with 20;
            generate 10 diverse; generate diverse; synthetic data; synthetic dataset; training data;
            training examples; training samples; instruction tuning; fine tuning data; finetuning data;
            instruction following data; instruction response pairs; question answer pairs;
            question and answer pairs; qa pairs; rewrite a given prompt; rewrite the given prompt;
            given prompt into; more complex version; prompt rewriter; brand new prompt; created prompt;
            rewritten prompt; the given prompt; complicate the given; prompt creator; evolve the;
            evol instruct; increase the difficulty; simulate a user; simulate the user; play the user;
            act as the user; as a human user; user simulator; user persona;
            generate a conversation between; multi turn conversation; multi turn dialogue;
            simulated conversation; seed tasks; seed instructions; problem variations;
            variations of the problem; new problem inspired; inspired by the seed; similar problems;
            rewrite the given; 训练数据; 合成数据; 指令数据; 微调数据; 多样化的指令; 多样化的问题;
            多样化的任务; 生成问题; 问答对; 多轮对话; 模拟用户; 扮演用户; 给定的提示; 更复杂的
            """),
        (4.5, """
            generate a question; generate questions; generate 10 questions; generate a task;
            generate tasks; generate instructions; generate prompts; generate examples;
            generate an instruction; create a question; create questions; create a new problem;
            create a problem; create a dialogue; write a dialogue between; list of instructions;
            list of tasks; list of prompts; few shot examples; data augmentation; augment the;
            paraphrase each; design a problem; design problems; harder version; harder problem;
            challenging questions; challenging problems; challenging version; test questions;
            exam questions; follow up questions; add one more constraint; add constraints;
            adding constraints; reasoning steps required; conversation based on;
            questions based on the; question about the image; instruct a model; 生成指令; 生成任务;
            生成对话; 设计问题; 提出问题; 出题; 生成一个问题; 新的问题; 新的指令; 变体
            """),
        (2.5, """
            dataset; instructions should; the instructions should; try not to repeat;
            not repeat the verb; maximize diversity; diverse; personas; variations; paraphrases;
            come up with; seed; generate a list of; prompt 1; task 1; question generation; multi turn;
            20 tasks; 10 questions; json lines; jsonl; 多样性; 数据集; 问题列表; erzeuge fragen;
            trainingsdaten; données d entraînement; datos de entrenamiento; обучающие данные;
            сгенерируй вопросы
            """),
        (1.2, """
            dialogue; diversity; persona; 对话; 生成; generate; questions; instruction; instructions;
            tasks; realistic; creative; unique; complexity; difficulty
            """),
        (-1.5, """
            train the model on; generate code; generate a report; my class; my students;
            for my website; for my startup
            """),
    ),
)  # fmt: skip

CLEANING: Final = Label(
    "elicit_cleaning",
    "asks to clean or reconstruct earlier outputs or traces",
    BIAS,
    (
        (5.5, """
            clean the trace; clean up the trace; clean the reasoning; clean up the reasoning;
            reasoning trace; reasoning traces; reconstruct the trace; reconstruct the reasoning;
            reconstruct the trajectory; restore the reasoning; recover the reasoning;
            extracted reasoning; extracted trace; extracted traces; thinking trace; thinking traces;
            model outputs into; clean the output; clean the response; clean the following response;
            reformat the response; reformat the answer; reformat the output; reformat the trace;
            rewrite the reasoning; rewrite the trace; polish the reasoning; deduplicate; decontaminate;
            filter low quality; low quality samples; convert the trajectory; trajectory into;
            model generated response; model generated answer; previously generated; remove refusals;
            remove boilerplate; 清洗; 数据清洗; 清理推理; 重构推理; 还原推理; 还原思考; 整理推理;
            重写推理; 推理轨迹; 思考轨迹; 格式化回答
            """),
        (4.5, """
            clean the text; clean up the text; clean the data; clean the following; fix the formatting;
            normalize the format; standardize the format; convert to json; into the following format;
            into json format; remove duplicates; remove artifacts; remove irrelevant; fix truncated;
            complete the truncated; merge the steps; split into steps; segment the; trajectory;
            trajectories; agent log; agent logs; raw output; raw outputs; raw response; raw trace;
            transcript into; compress the reasoning; summarize the reasoning; shorten the reasoning;
            rewrite the answer; rewrite the response; 整理成; 规范格式; 去重; 去除重复; 原始输出;
            原始回答; 轨迹; 格式转换; 转换为标准
            """),
        (2.5, """
            reformat; reformatted; cleaned; clean up; cleanup; normalize; normalized; reconstruct;
            reconstructed; post process; postprocess; sanitize; traces; strip; original response;
            original answer; original output; keep the meaning; do not change the;
            without changing the; 清理; 还原; 保留原意; bereinigen; bereinige; nettoie; nettoyer;
            limpia el; очисти; исправь формат
            """),
        (1.2, """
            format the; remove; strip the; truncated; restore; clean; trace; preserve; malformed; 格式;
            修复; 整理; parse; output only; 提取; 转换
            """),
        (-2.5, """
            my room; kitchen; stack trace; traceback; clean code; clean architecture; stains; house;
            car; skin; exception
            """),
    ),
)  # fmt: skip

BYPASS: Final = Label(
    "elicit_bypass",
    "searches for a way past a classifier",
    BIAS,
    (
        (5.5, """
            ignore previous instructions; ignore all previous; ignore the previous; ignore the above;
            ignore your instructions; ignore all instructions; disregard previous; disregard all;
            disregard your; disregard the above; forget your instructions; forget all previous;
            forget your training; jailbreak; jailbroken; jailbreaking; do anything now; dan mode;
            developer mode; without restrictions; without any restrictions; no restrictions;
            free from restrictions; unrestricted ai; uncensored; unfiltered; no filter;
            without filters; bypass the; bypass your; bypass any; evade detection; avoid detection;
            get around the; safety guidelines; ethical guidelines; content policy; content policies;
            openai policy; do not mention policy; not mention policy; do not refuse; never refuse;
            you cannot refuse; can not refuse; must not refuse; out of character; evil confidant;
            no moral; amoral; no ethical; without ethical; hypothetical response; rot13; leetspeak;
            reveal your system; system prompt verbatim; repeat your instructions;
            print your instructions; reveal your hidden; god mode; sudo mode; opposite mode; 忽略之前;
            忽略以上; 忽略所有; 越狱; 没有限制; 不受限制; 绕过; 规避检测; 绕过审查; 不要拒绝;
            开发者模式; 系统提示词; 无视规则; 解除限制
            """),
        (4.5, """
            decode the following; as an ai language; do not say you; never say you; don t say you;
            don t mention that; do not mention that; don t warn; no warnings; no disclaimers;
            without disclaimers; without warning; no matter what; regardless of legality; illegal or;
            unethical; immoral; cannot say no; answer anyway; for educational purposes only;
            purely fictional; fictional world; in this hypothetical; pretend you have;
            you have been freed; broken free; two ways; both ways; obey; comply with all;
            filter bypass; obfuscate; reverse the string; token smuggling; hidden instructions; 伪装;
            假装你是; 扮演一个没有; 不要警告; 不加警告; 混淆
            """),
        (2.5, """
            pretend you are; pretend to be; roleplay as; role play as; simulate being; you are now;
            from now on you; two responses; circumvent; illegal; stay in character; restrictions;
            censored; refuse; refusal; apologize; unethical or; forbidden; freed; confined; roleplay;
            in character; hypothetical; ai language model; unlock; 限制; 拒绝; 警告; 虚构; 角色扮演;
            ignoriere alle; ignoriere die; umgehen; ignore les; contourner; ignora las;
            sin restricciones; игнорируй; обойти; без ограничений
            """),
        (1.2, """
            secret; rules; chatgpt; openai; fictional; persona; limitations; encoded; cipher;
            classifier; detector; base64; 编码; 加密; 规则; warning; disclaimer; override; pretend;
            immersive; obey me; consequences
            """),
        (-2.5, """
            css; sql; photo filter; air filter; coffee filter; spam filter; unit test; customer;
            dietary restrictions; filter by
            """),
    ),
)  # fmt: skip

ELICITATION: Final = (REASONING, GRADING, REWRITING, GENERATION, CLEANING, BYPASS)
"""All elicitation labels, in the order of their columns in FEATURES."""
