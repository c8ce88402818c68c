# The Lab in a container: all that it needs but the dataset, which is downloaded at the first visit,
# or lies in a folder:
#   docker build -t fmnist-lab .
#   docker run -p 127.0.0.1:8501:8501 -v fmnist-lab:/data fmnist-lab
#   … -v /where/the/files/lie:/dataset:ro -e FMNIST_DATA_DIR=/dataset …
# Opened as localhost; by another name, or through a proxy, only where that is named, with spaces
# between several:
#   … -e STREAMLIT_SERVER_ALLOWED_HOSTS="lab.example.org localhost" …
FROM python:3.11-slim

WORKDIR /app
COPY requirements.txt constraints.txt ./
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
# The account that the Lab runs under writes into its home and /data alone; a new volume takes over
# the owner of /data. It could not keep compiled modules: they are made here.
RUN python -m compileall -q app.py fmnist pages \
    && useradd --uid 1000 --create-home lab \
    && install -d -o lab -g lab /data

# Inside, every address; who may come in is said by `docker run -p`. Streamlit would look for this
# computer's name in the network, to greet with it.
ENV STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    STREAMLIT_SERVER_HEADLESS=true \
    STREAMLIT_BROWSER_SERVER_ADDRESS=localhost \
    PYTHONUNBUFFERED=1 \
    FMNIST_RUNS_DIR=/data/runs \
    FMNIST_DATASETS_DIR=/data/datasets \
    FMNIST_CACHE_DIR=/data/cache

USER lab
VOLUME /data
EXPOSE 8501
HEALTHCHECK --start-period=60s CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/_stcore/health', timeout=5)"]
CMD ["streamlit", "run", "app.py"]
