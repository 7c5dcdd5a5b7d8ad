"""What a prompt exercises most: thirteen labels that exclude each other, each with its cues.

The label is the one with the largest sum of bias and cues; its probability is the softmax of all sums. Offered tools
speak for `tool_use`, images for `vision` (see featurise.py).
"""

from typing import Final

from stillhunt.features.cues import Label

CODING: Final = Label(
    "coding", "write, explain or mend programs", 0.0,
    (
        (3.5, """
            first line of; first line contains; line contains; each test case; input format;
            output format; sample input; print a single; write a function; python function;
            write a program; write a python; write code; write a script; write a class; code snippet;
            python code; java code; javascript; typescript; c program; source code; sql query;
            unit test; unit tests; debug; refactor; regex; regular expression; stack trace; traceback;
            compile error; syntax error; runtime error; leetcode; codeforces; time complexity;
            standard input; standard output; test cases; contains n; single integer; def; pull request;
            github; django; flask; pandas; numpy; nodejs; html css; kotlin; golang; php; dockerfile;
            kubernetes; docstring; complete the function; function that; function to;
            programming language; time limit per test; memory limit per test; 编写代码; 写代码;
            写一个函数; 编写一个函数; 写一个程序; 编写程序; 代码; 函数; 编程; 报错; 正则表达式
            """),
        (1.8, """
            python; java; code; function; script; program; algorithm; api endpoint; database schema;
            html; css; json; class; array; string; list of integers; return; returns; print; import;
            int; null; bug; library; package; install; git; docker; linux; query; sql; implement;
            input; output; variable; loop; recursion; compile; 程序; 算法; 变量; 数组; 脚本; programm;
            fonction; función; код; функция
            """),
        (0.8, """
            error; data; file; server; test; web; app; command; object; method; parameter; field;
            index
            """),
    ),
)  # fmt: skip

REASONING: Final = Label(
    "reasoning", "mathematics, logic and science problems", 0.0,
    (
        (3.5, """
            find the value of; find the sum of; find the number of; how many ways; prove that;
            solve for x; solve the equation; what is the probability; probability that;
            positive integer; positive integers; real numbers; real number; integer such that;
            how many positive; let x; let abc; triangle abc; right triangle; word problem;
            math problem; find the area; find all; the remainder when; divisible by; relatively prime;
            polynomial; arithmetic sequence; geometric sequence; square root; sqrt; frac; logarithm;
            matrix; derivative; integral; equation; theorem; lemma; proof; combinatorics; logic puzzle;
            syllogism; olympiad; boxed; calculate the; how many; how much does;
            evaluate the expression; simplify; expressed as; common fraction; cdot; angle; 求解; 证明;
            方程; 概率; 数学题; 求值; 等差数列; 函数的; 三角形; 多少种; 已知; 应用题; 解方程;
            下列说法正确; 逻辑推理
            """),
        (1.8, """
            math; mathematics; maths; calculate; compute; solve; triangle; circle; radius; perimeter;
            digits; integer; integers; sum; product; probability; geometry; algebra; calculus; physics;
            chemistry; velocity; force; molecule; total; each; percent; puzzle; riddle; logic;
            per hour; how long; in total; altogether; 数学; 计算; 几何; 物理; 化学; 整数; 平均; 总共;
            rechne; berechne; résous; calcula; реши; вычисли
            """),
        (0.8, """
            number; numbers; value; answer; problem; equal; minimum; maximum; distance; cost; left;
            more than; twice; half
            """),
    ),
)  # fmt: skip

TOOL_USE: Final = Label(
    "tool_use", "choose and call functions and services", 0.0,
    (
        (4.0, """
            function calling; function call; function calls; tool call; tool calls; api call;
            api calls; call the api; available functions; available tools; access to the following;
            following functions; following tools; following apis; invoke the; parameters type object;
            input schema; tool use; use the tool; use tools; which api; api documentation;
            arguments json; toolbench; rapidapi; functioncall; action input; tools available;
            api calling; load a model; pretrained model from; torchhub; huggingface model;
            machine learning api; task steps; task nodes; tool list; 工具调用; 函数调用; 调用工具;
            可用工具; 调用函数; 以下工具; 接口调用
            """),
        (2.0, """
            model that; i need to; can you book; turn on; turn off; deliver; appointment; api; apis;
            tools; tool; endpoint; plugin; plugins; webhook; calculator; invoke; arguments; functions;
            parameters; thought action; observation; hugging face; pretrained; tensorflow hub;
            torch hub; 工具; 接口; 参数; book a; remind me; set an alarm; set a reminder; order a;
            weather in; play the song; uber; current weather
            """),
        (0.8, """
            schedule; recommend me; find me; service; request; call; user s; model for; i need a;
            suggest
            """),
    ),
)  # fmt: skip

AGENTIC: Final = Label(
    "agentic", "act over many steps in a shell, a database or a repository", 0.0,
    (
        (4.0, """
            bash command; bash commands; linux terminal; ubuntu terminal; shell command;
            shell commands; run the command; execute the command; terminal; operating system;
            os interaction; home directory; in the directory; current directory; file system; files in;
            log file; mysql database; mysql; operate a; autonomous agent; your goal is; action space;
            trajectory; sandbox; swe agent; software engineer agent; codebase; repository; repo;
            workspace; apply the patch; patch file; edit the file; run the tests; multi step task;
            sub agent; subagents; orchestrator; act as an agent; you are an agent; next action;
            react format; the output of the; harness; 终端; 命令行; 智能体; 执行命令; 多步任务;
            操作系统; 代理任务; 代码库
            """),
        (2.0, """
            bash; shell; directory; folder; agent; command; commands; ubuntu; linux; sudo; chmod; grep;
            find all files; processes; process; plan; subtasks; subtask; environment; execute; action;
            actions; step; tool results; insert into; table; update the; 代理; 目录; 命令; 执行;
            任务规划
            """),
        (0.8, "file; files; task; run; output; user; script; permissions; count the; total number of"),
    ),
)  # fmt: skip

COMPUTER_USE: Final = Label(
    "computer_use", "work a graphical interface or the web", 0.0,
    (
        (4.0, """
            screenshot; screenshots; mouse; click on; click the; left click; web page;
            current web page; web browsing; browser; navigate to; web navigation; accessibility tree;
            pyautogui; gui; desktop; numerical label; scroll down; scroll; url bar; tab; checkout;
            add to cart; shopping cart; on the website; web agent; computer use; coordinates of;
            text box; textbox; chrome; libreoffice; gimp; vlc; vs code; thunderbird;
            operate the computer; spreadsheet cell; wallpaper; dark mode; google maps; on amazon;
            on arxiv; on github; subreddit; post in; forum; my wishlist; 截图; 点击; 网页; 浏览器;
            鼠标; 屏幕; 打开网站; 操作电脑; 界面
            """),
        (2.0, """
            website; web; click; page; button; search for; open the; window; screen; menu; settings;
            cursor; keyboard; type the; download; browse; bookmark; extension; order history; product;
            products; reviews; cheapest; nearest; walking distance; driving; map; merge request;
            issue in; 网站; 页面; 按钮; 搜索
            """),
        (0.8, """
            search; show me; find the; latest; my account; store; customer; price; recent; orders;
            sheet; slide; document
            """),
    ),
)  # fmt: skip

VISION: Final = Label(
    "vision", "see images, charts and documents", 0.0,
    (
        (4.5, """
            the image; this image; an image; in the image; the picture; this picture; in the picture;
            the photo; this photo; image shows; describe the image; images; visual question;
            bounding box; bounding boxes; ocr; the chart; this chart; diagram shows; visual content;
            ai visual; visual assistant; looking at the image; 图片; 图像; 这张图; 图中; 照片; 看图;
            视觉; auf dem bild; dans l image; en la imagen; на изображении; на картинке
            """),
        (2.0, """
            image; photo; picture; photograph; visual; caption; captions; objects; object locations;
            scene; depicted; foreground; background; pixel; camera; 画面
            """),
        (-2.0, """
            image url; docker image; generate an image; midjourney; image classification; img;
            self image
            """),
    ),
)  # fmt: skip

GRADING: Final = Label(
    "grading", "judge and score answers", 0.0,
    (
        (4.0, """
            rubric; rubrics; scoring rubric; score rubric; impartial judge; evaluate the quality;
            quality of the response; quality of the responses; rate the response; grade the answer;
            assistant a; assistant b; response a; response b; response 1; output a; output b;
            which response is better; verdict; overall score; your rating; rating on a scale;
            scale of 1 to; scale from 1 to; score of 1; score from; reference answer; model outputs;
            evaluate the response; critique; judge whether; is the answer correct;
            correct or incorrect; preference; win rate; grader; evaluator; ai assistant s response;
            user question; feedback; 评分; 打分; 评判; 裁判; 参考答案; 哪个更好; 评价标准
            """),
        (2.0, """
            score; rating; grade; judge; evaluate; evaluation; criteria; helpfulness; relevant or;
            better; relevance; rank; compare; assess; 评价; 评估; 分数
            """),
        (-2.0, "interest rate; credit score; heart rate; evaluate the expression; grade school"),
    ),
)  # fmt: skip

DATA_ANALYSIS: Final = Label(
    "data_analysis", "statistics, tables, charts and business data", 0.0,
    (
        (3.5, """
            data analysis; data analyst; data scientist; statistical analysis; statistical rigor;
            statistics; regression; correlation; hypothesis test; p value; confidence interval;
            time series; forecast; dataset; data set; csv; csv file; excel; spreadsheet; pivot table;
            dashboard; visualization; visualize; data visualization; plot; histogram; kpi; kpis;
            metrics; outliers; standard deviation; a b test; cohort; analyze the data;
            analyze this data; following data; machine learning model; 数据分析; 统计; 回归; 相关性;
            可视化; 数据集; 表格; 报表; 指标; 预测模型; datenanalyse; analyse de données;
            análisis de datos; анализ данных
            """),
        (1.8, """
            analyze; analysis; analyse; data; table; chart; trend; trends; mean; median; variance;
            sample; revenue; sales; insights; report; sql; pandas; 分析; 数据; 趋势
            """),
        (0.8, "columns; rows; percentage; average; quarter; market; compare"),
    ),
)  # fmt: skip

WRITING: Final = Label(
    "writing", "stories, letters, essays, marketing, roles", 0.0,
    (
        (3.5, """
            write a story; short story; write a poem; poem; haiku; write an essay; essay;
            write a letter; cover letter; write an email; blog post; write an article; screenplay;
            song lyrics; lyrics; novel; fiction; fan fiction; write a scene; dialogue between; speech;
            slogan; tagline; product description; press release; social media post; tweet; tweets;
            instagram; linkedin; rewrite; rephrase; paraphrase; proofread; improve the writing;
            grammar; creative writing; role play; roleplay; character; write me a; write about;
            write a; in the style of; resume; newsletter; caption for; advertisement; marketing copy;
            seo; outline; 写一篇; 写一首; 作文; 诗; 故事; 写一封; 小说; 演讲稿; 文案; 改写; 润色; 歌词;
            剧本; 邮件; schreibe eine; schreib; écris; rédige; escribe; напиши рассказ; напиши статью
            """),
        (1.8, """
            story; article; email; letter; narrative; tone; paragraph; paragraphs; words; engaging;
            plot; characters; writer; write; draft; edit; title; headline; 写; 文章; 撰写
            """),
        (0.8, "describe; creative; style; funny; compelling; audience; blog; brand"),
        (-2.0, """
            write a function; write a program; write code; write a python; write a script;
            write a query
            """),
    ),
)  # fmt: skip

TRANSLATION: Final = Label(
    "translation", "from one language to another", 0.0,
    (
        (4.5, """
            translate; translation; translate the following; translate this; translated; translator;
            into english; into chinese; into french; into spanish; into german; into japanese;
            into russian; english to; to english; to chinese; to french; to spanish; to german;
            from english; from chinese; in german; bilingual; localize; mother tongue; 翻译; 译成;
            翻译成英文; 翻译成中文; 译文; 英译中; 中译英; übersetze; übersetzung; traduis; traduire;
            traduce; traducir; traducción; переведи; перевод
            """),
        (1.2, """
            english; french; spanish; german; japanese; chinese; korean; arabic; language; sentence;
            英文; 中文; 英语; 日语
            """),
        (-2.0, """
            in english class; chinese food; french fries; programming language; language model;
            natural language
            """),
    ),
)  # fmt: skip

EXTRACTION: Final = Label(
    "extraction", "summarise, classify or pull facts out of a given text", 0.0,
    (
        (3.5, """
            summarize; summarise; summary; summary of; tl dr; tldr; key points; main points;
            bullet points; extract; extract the; extract all; entities; named entities; keywords;
            classify; classification; categorize; category; sentiment; sentiment of;
            positive or negative; following text; following article; following passage;
            following paragraph; the passage; passage; text below; above text; based on the context;
            answer based on; context above; given the context; article; document below; transcript;
            label the; which category; true or false; entailment; intent; paraphrase of; review;
            topic of; headline for; generate a title; reading comprehension; according to the passage;
            总结; 摘要; 概括; 提取; 分类; 情感分析; 关键词; 以下文本; 下面的文章; 归纳; zusammenfassen;
            fasse; résume; resume el; resumen; кратко изложи; классифицируй; извлеки
            """),
        (1.5, """
            text; context; paragraph; topic; label; labels; given; identify; sentences; mentioned;
            news; tweet; following; below; 文本; 文章; 段落
            """),
    ),
)  # fmt: skip

KNOWLEDGE: Final = Label(
    "knowledge", "answer questions of fact", 0.4,
    (
        (2.5, """
            what is; what are; who is; who was; who wrote; when did; when was; where is; why is;
            why do; why does; how does; how do; what does; what s the; which of the following; explain;
            tell me about; define; definition of; difference between; capital of; history of;
            meaning of; the following are multiple; multiple choice questions; what causes;
            examples of; is it true; advantages of; benefits of; name the; give an example;
            what do you know; list of; 是什么; 什么是; 为什么; 谁是; 介绍; 解释; 区别; 定义; 历史;
            哪里; 什么意思; 单项选择题; 正确答案; 有哪些; 如何; 怎么; was ist; wer ist; warum;
            qu est ce; pourquoi; qué es; quién; por qué; что такое; кто такой; почему
            """),
        (1.2, """
            explain how; describe the; facts; country; century; science; biology; law; medicine;
            religion; war; theory; concept; theories; history; types of; how can; impact of;
            importance of; discuss
            """),
    ),
)  # fmt: skip

CHAT: Final = Label(
    "chat", "anything else: talk, advice, continuations", 1.6,
    (
        (2.5, """
            hello; hi; hey; thanks; thank you; good morning; how are you; continue; go on;
            please continue; yes; no; ok; okay; i feel; i m feeling; my girlfriend; my boyfriend;
            my wife; my husband; my boss; should i; what do you think; do you; are you; can we;
            let s talk; tell me a joke; advice; my life; my friend; my card; i lost; refund;
            customer support; top up; 你好; 谢谢; 继续; 你是谁; 聊天; 建议; 怎么办; hallo; danke;
            bonjour; merci; hola; gracias; привет; спасибо; продолжай
            """),
        (0.5, "you; i; my; me; we"),
        (1.0, """
            i want to; my account; your opinion; opinion; favorite; recommend; tips; ideas; help me;
            more; again; sorry
            """),
    ),
)  # fmt: skip

CAPABILITY: Final = (
    CODING, REASONING, TOOL_USE, AGENTIC, COMPUTER_USE, VISION, GRADING, DATA_ANALYSIS, WRITING, TRANSLATION,
    EXTRACTION, KNOWLEDGE, CHAT,
)  # fmt: skip
"""All capability labels; of two that tie, the first is taken."""
